"""Where engines put what does not fit into memory, and how that is got rid of.

Spilled rows are personal data. The engine removes its files when it is closed; after SIGKILL they
stay. So every process spills into a folder of its own and holds a lock beside it (`flock(2)`, which
the kernel gives back when the process is gone): whoever opens the store removes the folders that
nobody holds. A process id would not do, because in a container every process may have the same.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

LOCK = ".lock"
_held: dict[tuple[int, Path], tuple[Path, BinaryIO]] = {}
_one = threading.Lock()


def own(folder: Path) -> Path:
    """This process's own folder under a folder for spilling; made, with its lock, when it is first
    asked for, and again if it is gone."""
    mine = (os.getpid(), folder)
    with _one:
        found = _held.get(mine)
        if found is None or not found[0].is_dir():
            if found is not None:
                found[1].close()
            if not _held:
                atexit.register(leave)
            found = _held[mine] = claimed(folder)
    return found[0]


def claimed(folder: Path) -> tuple[Path, BinaryIO]:
    """A new folder and its held lock. The lock is there first: a folder without one is nobody's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        number, name = tempfile.mkstemp(suffix=LOCK, dir=folder)
        file = os.fdopen(number, "rb+")
        fcntl.flock(file, fcntl.LOCK_EX)
        if not Path(name).exists():  # swept between the two lines above
            file.close()
            continue
        made = Path(name.removesuffix(LOCK))
        made.mkdir(mode=0o700)
        return made, file


def sweep(folder: Path) -> None:
    """Removes what processes that are gone have left under a folder for spilling."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        lock = path if path.suffix == LOCK else path.with_name(path.name + LOCK)
        with suppress(FileNotFoundError, BlockingIOError), lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.unlink()
        if not lock.exists():
            remove(lock.with_name(lock.name.removesuffix(LOCK)))


def remove(path: Path) -> None:
    """Removes a file or a folder, if it is still there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def leave() -> None:
    """At the end of the process: its folders and locks go."""
    for (process, _), (path, file) in list(_held.items()):
        if process == os.getpid():
            shutil.rmtree(path, ignore_errors=True)
            path.with_name(path.name + LOCK).unlink(missing_ok=True)
            file.close()
    _held.clear()
