"""A process that has imported everything and started nothing, and forks a child for each run.

Run as a program it reads one request a line and answers with one line; a child's end is told
apart as its exit code or the signal that ended it.
"""

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Forks:
    """The other side of that process. Use as a context manager."""

    def __enter__(self) -> "Forks":
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
    from tests.kill.child import live

    for line in sys.stdin:
        request = json.loads(line)
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            try:
                answer = json.dumps(live(request))
                code = 0
            except BaseException:
                answer, code = json.dumps({"error": traceback.format_exc()}), 1
            with os.fdopen(tell, "w") as out:
                out.write(answer)
            os._exit(code)
        os.close(tell)
        with os.fdopen(told) as heard:
            said = heard.read()
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        print(json.dumps({"ended": ended, **json.loads(said or "{}")}), flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
