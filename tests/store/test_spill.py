"""What a killed process has spilled to disk is removed by whoever opens the store next."""

import signal
import subprocess
import sys
from pathlib import Path

from personalization.store import spill
from personalization.store.embedded import open_store

SPILLING = """
import sys, time
from pathlib import Path
from personalization.engine import Engine
from personalization.store import spill

engine = Engine([], 1, "30MB", spill.own(Path(sys.argv[1]) / "spill"))
engine.run("CREATE TEMP TABLE t AS SELECT 'ann' || i || '@example.com' AS email, "
           "hash(i) AS h FROM range(3_000_000) r(i)")
print("spilled", flush=True)
time.sleep(600)
"""


def files(folder: Path) -> list[Path]:
    return [one for one in (folder / "spill").rglob("*") if one.is_file()]


def test_a_killed_process_leaves_nothing_spilled_behind(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", SPILLING, str(tmp_path)],
                             stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])  # fmt: skip
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"spilled\n"
        alive = files(tmp_path)
        assert sum(one.stat().st_size for one in alive) > 1_000_000
        mine = spill.own(tmp_path / "spill")
        (mine / "rows").write_text("mine")
        open_store(tmp_path).close()
        assert set(files(tmp_path)) >= {*alive, mine / "rows"}, "both processes are alive"
        other.send_signal(signal.SIGKILL)
        other.wait()
        open_store(tmp_path).close()
        assert set(files(tmp_path)) == {mine / "rows", mine.with_name(mine.name + spill.LOCK)}
    finally:
        other.kill()
        other.communicate()
        spill.leave()
    assert files(tmp_path) == []
