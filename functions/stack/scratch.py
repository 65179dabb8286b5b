"""The folder for what lies on a person's machine while a command works on a stack: contacts, in a
file that only they can read. It is gone when the command ends, and when the next one begins where
one was killed."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX, LOCK = "ofone-stack-", "lock"
YOUNG = 60
"""Seconds in which a folder's lock may not be held yet."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder until the block ends, held by a lock that the kernel gives back after a kill."""
    sweep()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name).resolve()
        with (folder / LOCK).open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield folder


def sweep() -> None:
    """Removes what killed commands have left."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        try:
            known = lock.stat()
            if known.st_uid != os.getuid() or time.time() - known.st_mtime < YOUNG:
                continue
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:  # somebody works there, or another sweeps it
            continue
