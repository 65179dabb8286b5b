"""A process that has imported everything and started nothing, and forks a child for each run.

Run as a program it reads one request a line and answers with one line; a child's end is told
apart as its exit code or the signal that ended it.
"""

import gc
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn, Self

ROOT = Path(__file__).resolve().parents[2]


class Forks:
    """The other side of that process. Use as a context manager."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.forks"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    def run(self, **request: Any) -> dict[str, Any]:
        """One child's life: {"ended": exit code, or less than 0 for a signal, ...}."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


def serve() -> None:
    """Forks a child a line until there are no more."""
    import tests.kill.child  # noqa: F401  everything is imported before the first fork

    gc.collect()
    gc.freeze()  # what is there before the fork stays shared: no child's collector touches it
    for line in sys.stdin:
        request = json.loads(line)
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            be_child(request, tell)
        os.close(tell)
        with os.fdopen(told) as heard:
            said = heard.read()
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        print(json.dumps({"ended": ended, **json.loads(said or "{}")}), flush=True)  # noqa: T201


def be_child(request: dict[str, Any], tell: int) -> NoReturn:
    """Carries out a request and ends at once, without anything of the parent's."""
    from tests.kill.child import live

    code = 1
    try:
        answer, code = json.dumps(live(request)), 0
    except Exception as error:  # noqa: BLE001  whatever it is, the test wants to show it
        answer = json.dumps({"error": "".join(traceback.format_exception(error))})
    with os.fdopen(tell, "w") as out:
        out.write(answer)
    os._exit(code)


if __name__ == "__main__":
    serve()
