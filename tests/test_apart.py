"""Work in a process of its own gives the same as here, and ends when it should."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from personalization.apart import apart
from personalization.errors import Retry, Stop


def count(until, error=None):
    yield from range(until)
    if error:
        raise error


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def endless():
    while True:
        yield os.getpid()


def killed():
    yield 1
    os.kill(os.getpid(), signal.SIGKILL)
    yield 2


def test_the_same_items_in_the_same_order_from_another_process():
    assert list(apart(count, 5)) == [0, 1, 2, 3, 4]
    assert next(apart(endless)) != os.getpid()


def test_an_error_comes_after_the_items_before_it():
    items = apart(count, 3, Stop("events.csv line 7: no"))
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Stop, match=r"events\.csv line 7"):
        next(items)


def test_whoever_stops_early_ends_the_process():
    items = apart(endless)
    process = next(items)
    items.close()
    assert not alive(process)


def test_a_process_that_is_killed_is_told_of_and_can_be_run_again():
    items = apart(killed)
    assert next(items) == 1
    with pytest.raises(Retry, match="signal 9"):
        next(items)


ORPHAN = """
import os, signal
from personalization.apart import apart
from tests.test_apart import endless
items = apart(endless)
next(items)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_ends_by_itself_and_in_silence_where_nobody_is_left_to_read():
    asked = subprocess.run(  # the other process holds the same stderr: this returns when both end
        [sys.executable, "-c", ORPHAN], stderr=subprocess.PIPE, cwd=Path(__file__).parents[1],
        check=False, timeout=60,
    )  # fmt: skip
    assert asked.returncode == -signal.SIGKILL
    assert asked.stderr == b""
