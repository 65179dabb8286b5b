"""One process writes while another reads."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.histories import ALIASES, NOW, ingest, picture, visit

READER = """
import sys
from pathlib import Path
from personalization.store.embedded import open_store
with open_store(Path(sys.argv[1])) as store:
    contact = store.contact_of(sys.argv[2])
    print(store.watermark(), len(store.events_of(contact)) if contact else 0)
"""


def read_elsewhere(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", READER, str(folder), ALIASES[0]], cwd=Path(__file__).parents[2],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.strip()


def test_another_process_sees_what_is_committed_and_nothing_else(store):
    ingest(store, visit("a"))
    before = store.watermark()
    with store.record(NOW) as recorder:
        recorder.ingest([visit("b")])
        assert read_elsewhere(store.folder) == f"{before} 1"
    assert read_elsewhere(store.folder) == f"{store.watermark()} 2"


def test_a_transaction_is_all_or_nothing(store):
    ingest(store, visit("a"))
    before = (store.watermark(), picture(store))

    def fail_half_way() -> None:
        with store.record(NOW) as recorder:
            recorder.ingest([visit("b")])
            recorder.setting("cursor", "1")
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    assert (store.watermark(), picture(store)) == before
    assert store.setting("cursor") is None


def test_reads_inside_a_transaction_see_its_writes(store):
    with store.record(NOW) as recorder:
        (contact,) = recorder.ingest([visit("a")]).contacts
        assert store.contact_of(ALIASES[0]) == contact
        assert [row[0] for row in picture(store)["events"]] == ["a"]


def test_recorded_at_only_grows(store):
    moments = []
    for now in (50, 50, 7, 90):
        with store.record(now) as recorder:
            moments.append(recorder.recorded_at)
    assert moments == [50, 51, 52, 90]
