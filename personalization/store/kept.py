"""The embedded store's reads that are one look into one table."""

import sqlite3
from collections.abc import Iterator, Mapping

from personalization.models import Micros
from personalization.store import decisions, outbox, tables


class Kept:
    """See `protocol.Store` for what each method promises."""

    @property
    def _connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        raise NotImplementedError

    def watermark(self) -> Micros:
        """The greatest `recorded_at` so far."""
        return tables.watermark(self._connection)

    def outbox_counts(self, plan: str) -> Mapping[tuple[str, str, str | None, bool], int]:
        """A plan's rows, counted."""
        return outbox.counts(self._connection, plan)

    def planned_rows(self, plan: str) -> int:
        """A plan's rows that are to be done."""
        return outbox.planned(self._connection, plan)

    def due(self, until: Micros, most: int = 10_000) -> list[tuple[Micros, str, str, str]]:
        """Due rows."""
        return decisions.due(self._connection, until, most)

    def facts(self, version: str) -> str | None:
        """A facts version."""
        return tables.facts(self._connection, version)

    def facts_as_of(self, as_of: Micros) -> str | None:
        """The version of the facts of a moment."""
        return tables.facts_as_of(self._connection, as_of)

    def playbook(self, hash: str) -> Mapping[str, str] | None:
        """A playbook's files."""
        return tables.playbook(self._connection, hash)

    def plan(self, id: str) -> tuple[str, str] | None:
        """A plan's state and body."""
        return tables.plan(self._connection, id)

    def plans(self) -> list[tuple[str, str, Micros]]:
        """All plans, oldest first."""
        return tables.plans(self._connection)

    def waiting(self, most: int = 1000) -> list[tuple[int, str, str, str]]:
        """The inbox."""
        return tables.waiting(self._connection, most)

    def setting(self, name: str) -> str | None:
        """A small value."""
        return tables.setting(self._connection, name)

    def dead_letters(self) -> Iterator[tuple[str, str, Micros]]:
        """What could not be processed."""
        return ((body, reason, at) for _, body, reason, at in self.letters())

    def letters(self) -> Iterator[tuple[int, str, str, Micros]]:
        """The same with their ids."""
        return tables.letters(self._connection)
