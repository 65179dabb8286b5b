"""Work in a process of its own: a generator runs there, and its items come over as they are made.

One interpreter runs on one core. Who takes files of very many rows apart and stores them is twice
as busy as one core allows, so the first half goes elsewhere. What crosses is pickled, and comes
from our own code alone.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO

from personalization.errors import Retry
from personalization.uncollected import collect_rarely

RUN = "from personalization.apart import run; run()"


def apart[T](work: Callable[..., Iterator[T]], *given: object) -> Iterator[T]:
    """What `work(*given)` gives, in that order, made ahead in another process. Both must be
    picklable, the items too. An error of `work` is raised here after the items before it. Whoever
    stops early ends the process; it ends by itself where nobody is left to read. Raises Retry where
    it ends by no error of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    assert process.stdin
    assert process.stdout
    try:
        with suppress(BrokenPipeError), process.stdin:
            pickle.dump((work, given), process.stdin, pickle.HIGHEST_PROTOCOL)
        yield from received(process.stdout, process)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def received[T](pipe: IO[bytes], process: subprocess.Popen[bytes]) -> Iterator[T]:
    """The items that come out of a pipe until it says that there are no more."""
    while True:
        try:
            item, error = pickle.load(pipe)  # noqa: S301 - written by `run` below
        except (EOFError, pickle.UnpicklingError):
            code = process.wait()
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise Retry(f"the process that reads ended by {how}: is there enough memory? What came "
                        "before is kept; run the same again.") from None  # fmt: skip
        if error is not None:
            raise error
        if item is None:
            return
        yield item


def run() -> None:
    """The other process: reads its work from its input, and writes what it gives, each item as
    (item, None), an error as (None, error), and the end as (None, None)."""
    # Ctrl-C reaches both; the one that asked decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    collect_rarely()
    out = sys.stdout.buffer
    with suppress(BrokenPipeError):
        try:
            work, given = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by `apart` above
            for item in work(*given):
                hand(out, (item, None))
            hand(out, (None, None))
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - it belongs to the process that asks
            hand(out, (None, error))


def hand(out: IO[bytes], item: object) -> None:
    """Writes an item so that the other side has it now."""
    pickle.dump(item, out, pickle.HIGHEST_PROTOCOL)
    out.flush()
