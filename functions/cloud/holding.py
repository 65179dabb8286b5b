"""The heads of the contacts on the desk: in which version they are there, and who belongs to whom."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any


class Holding:
    """The half of `desk.Desk` that knows of contacts and not of rows."""

    @property
    def sql(self) -> sqlite3.Connection:
        """This thread's connection."""
        raise NotImplementedError

    def hold(self, contact: str, head: Mapping[str, Any]) -> None:
        """Keeps a contact's head. It is complete once the events are there that Parquet holds."""
        names = ("V", "last", "n", "total", "kept", "became", "guests", "places")
        self.sql.execute(
            "INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (contact, *(head.get(one) for one in names), int(not head["kept"])),
        )

    def related(self, contact: str) -> set[str]:
        """Whom a contact has become, and who has become it."""
        head = self.head(contact)
        if head is None:
            return set()
        return {*json.loads(head["guests"]), *([head["became"]] if head["became"] else [])}

    def circle(self, ids: Iterable[str]) -> set[str]:
        """These contacts, and whoever belongs to them."""
        seen, rest = set[str](), set(ids)
        while rest:
            seen |= rest
            rest = set[str]().union(*map(self.related, rest)) - seen
        return seen

    def lacks_events(self, contact: str) -> bool:
        """Whether a contact is on the desk without the events that Parquet holds."""
        head = self.head(contact)
        return head is not None and not head["complete"]

    def head(self, contact: str) -> dict[str, Any] | None:
        """A contact's head, if it is on the desk."""
        found = self.sql.execute("SELECT * FROM held WHERE contact = ?", (contact,))
        names = [one[0] for one in found.description]
        row = found.fetchone()
        return dict(zip(names, row, strict=True)) if row else None

    def contacts(self) -> set[str]:
        """Who is on the desk."""
        return {one for (one,) in self.sql.execute("SELECT contact FROM held")}

    def last(self) -> int:
        """The greatest recorded_at of the contacts on the desk."""
        (found,) = self.sql.execute("SELECT COALESCE(max(last), 0) FROM held").fetchone()
        return int(found)
