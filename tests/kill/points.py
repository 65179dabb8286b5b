"""Kill points, found by wrapping what makes an effect last: commits, renames and other changes to
files, and HTTP calls. Installed inside a child process only.

Nothing here knows the product: whatever commits, renames or calls is seen.
"""

import os
import signal
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter

LASTING = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "VACUUM")
"""Statements that are their own commit where no transaction is open."""
MOVED = 3
"""Exit code of a child that came to another point than the traced one."""


class Points:
    """Counts points as they come. With `kill` = (number, side, name), dies at that one."""

    def __init__(self, folder: Path, kill: tuple[int, str, str] | None) -> None:
        self.names: list[str] = []
        self.folder = str(folder)
        self.kill = kill
        self.command = ""

    def around(self, what: str, act: Callable[[], Any]) -> Any:
        """Carries out one effect; the points before and after it are where a kill may come."""
        number, name = len(self.names), f"{self.command}: {what}"
        self.names.append(name)
        mine = self.kill is not None and self.kill[0] == number
        if mine and self.kill is not None and self.kill[2] != name:
            os._exit(MOVED)
        if mine and self.kill is not None and self.kill[1] == "before":
            die()
        try:
            return act()
        finally:  # also after one that failed, such as removing what is not there
            if mine:
                die()


def die() -> None:
    """The hardest end that there is."""
    os.kill(os.getpid(), signal.SIGKILL)


def install(points: Points) -> None:
    """Wraps commits, files and HTTP in this process."""
    wrap_sqlite(points)
    wrap_files(points)
    send = HTTPAdapter.send

    def traced(self: HTTPAdapter, request: Any, **more: Any) -> Any:
        path = urlsplit(request.url).path
        return points.around(f"http {request.method} {path}", lambda: send(self, request, **more))

    HTTPAdapter.send = traced  # type: ignore[method-assign,assignment]


def commits(statement: str, in_transaction: bool) -> str | None:
    """What a statement makes last, if it does."""
    words = statement.upper().split(None, 2) or [""]
    if in_transaction:
        return "commit" if words[0] in ("COMMIT", "END") else None
    if words[0] == "PRAGMA" and "CHECKPOINT" in statement.upper():
        return "checkpoint"
    return "commit alone" if words[0] in LASTING else None


def lasting(
    points: Points, run: Callable[..., Any], transaction: bool, sql: str, values: Any
) -> Any:
    """Runs a statement, as a point where it makes anything last."""
    what = commits(sql, transaction)
    return points.around(what, lambda: run(sql, *values)) if what else run(sql, *values)


def wrap_sqlite(points: Points) -> None:
    """Every connection and cursor made from now on."""

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *values: Any) -> Any:
            opened = self.connection.in_transaction
            return lasting(points, super().execute, opened, sql, values)

        def executemany(self, sql: str, *values: Any) -> Any:
            opened = self.connection.in_transaction
            return lasting(points, super().executemany, opened, sql, values)

        def executescript(self, sql: str) -> Any:
            return points.around("commit of a script", partial(super().executescript, sql))

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        # A connection's own methods make a cursor, but do not call its methods.
        def execute(self, sql: str, *values: Any) -> Any:
            return self.cursor().execute(sql, *values)

        def executemany(self, sql: str, *values: Any) -> Any:
            return self.cursor().executemany(sql, *values)

        def executescript(self, sql: str) -> Any:
            return self.cursor().executescript(sql)

        def commit(self) -> None:
            run = super().commit
            points.around("commit", run) if self.in_transaction else run()

    plain = sqlite3.connect

    def connect(*values: Any, **more: Any) -> sqlite3.Connection:
        return plain(*values, **{"factory": Connection, **more})

    sqlite3.connect = connect


def wrap_files(points: Points) -> None:
    """Renames, removals and syncs. A path outside of the store is nobody's loss."""

    def wrap(name: str) -> None:
        plain = getattr(os, name)

        def traced(path: Any, *values: Any, **more: Any) -> Any:
            def act() -> Any:
                return plain(path, *values, **more)

            mine = isinstance(path, int) or os.fspath(path).startswith(points.folder)
            return points.around(name, act) if mine else act()

        setattr(os, name, traced)

    for name in ("replace", "rename", "unlink", "remove", "fsync", "truncate", "link"):
        wrap(name)
