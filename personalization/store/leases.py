"""One at a time: a piece of work holds its place until it has ended, however it ends.

At home that is a file lock of the operating system (`flock(2)`): the kernel gives it back when the
process is gone, also after SIGKILL, so nothing has to be cleaned up and nothing runs out. A store
without such a kernel gives a lease an end and renews it while the work goes on.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, TextIO
from urllib.parse import quote

from personalization.errors import Retry

CONTACTS = "the contacts"
"""The place of whoever decides: of two who decide one contact at once, both would see it enter a
segment, and both would send."""


class Busy(Retry):
    """Somebody else is at work there; the message says who. Nothing was done."""


class Leases(Protocol):
    """What a store offers to those who must not work on a place at the same time."""

    def alone(self, place: str, who: str) -> AbstractContextManager[None]:
        """Holds a place ("mailchimp/main", or `CONTACTS`) until the block ends or the process is
        gone. `who` is what others are told. Within the block the same thread may hold it again.
        Raises Busy, at once, where another thread or process holds it."""


class FileLeases:
    """`Leases` by locks on files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: set[tuple[int, str]] = set()

    @contextmanager
    def alone(self, place: str, who: str) -> Iterator[None]:
        """See `Leases`."""
        mine = (threading.get_ident(), place)
        if mine in self._held:
            yield
            return
        leases = self.folder / "leases"
        leases.mkdir(mode=0o700, exist_ok=True)
        with (leases / quote(place, safe=" ")).open("a+", encoding="utf-8") as file:
            seize(file, place)
            say(file, f"{who} (process {os.getpid()})")
            self._held.add(mine)
            try:
                yield
            finally:
                self._held.discard(mine)
                say(file, "")


def seize(file: TextIO, place: str) -> None:
    """Locks a file; it is free again when it is closed. Raises Busy with what its holder said."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read() or "another command"
        raise Busy(f"{holder} is at work on {place}: wait until it has ended") from None


def say(file: TextIO, text: str) -> None:
    """Keeps who holds the lock."""
    file.truncate(0)
    file.write(text)
    file.flush()
