"""The recorder over the desk: before each method of the embedded one, what it may touch is laid
down."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from pydantic import ValidationError

from functions.cloud import pages
from functions.cloud.laying import Laying
from personalization.arrival import Arrival
from personalization.identity import bucket
from personalization.models import Columns, Event, Micros, OutboxRow, OutboxState, Product, Shared
from personalization.store import tombs
from personalization.store.aliases import aliases_of, cluster, root
from personalization.store.erasing import orders_in_tail
from personalization.store.protocol import Ingested
from personalization.store.waiting import EVENTS


class CloudRecorder(Laying):
    """See `protocol.Recorder` for what each method promises."""

    def ingest(self, events: Iterable[Event | Arrival]) -> Ingested:
        """Takes events into the log."""
        given = list(events)
        self.foresee(given)
        return super().ingest(given)

    def products(self, products_: Iterable[Product]) -> None:
        """Upserts catalogue entries."""
        given = list(products_)
        if not given:
            return
        self.small("setting", [("catalogue",)])
        self.small("product")
        found = self._connection.execute("SELECT max(recorded_at) FROM product").fetchone()
        self.later_than(found[0] or 0)
        super().products(given)

    def arms(self, contacts: Sequence[str], arms: Sequence[str]) -> None:
        """First assignments of the arm."""
        self.need(contacts)
        super().arms(contacts, arms)

    def decisions(self, rows: Columns, shared: Shared) -> None:
        """Appends decisions."""
        self.need(rows["contact"].tolist())
        super().decisions(rows, shared)

    def memberships(self, contacts: Sequence[str], segments: Sequence[str]) -> None:
        """Appends memberships."""
        self.need(contacts)
        super().memberships(contacts, segments)

    def due(
        self, rows: Iterable[tuple[Micros, str, str, str]], instead_of: Sequence[str] = ()
    ) -> None:
        """Upserts due rows."""
        given = list(rows)
        self.need({row[1] for row in given} | set(instead_of))
        super().due(given, instead_of)

    def done(self, rows: Iterable[tuple[str, str]], decided: Collection[str] = ()) -> None:
        """Drops due rows."""
        given = list(rows)
        self.need({contact for contact, _ in given})
        super().done(given, decided)

    def plan(self, id: str, state: str, body: str) -> None:
        """Upserts a plan."""
        self.small("plan", [(id,)])
        super().plan(id, state, body)

    def drop_plans(self, ids: Iterable[str]) -> None:
        """Drops plans that ended."""
        given = list(ids)
        self.small("plan", [(one,) for one in given])
        super().drop_plans(given)

    def outbox(self, rows: Iterable[OutboxRow]) -> int:
        """Adds outbox rows."""
        given = list(rows)
        self.number("outbox", len(given))
        self.need(one.contact for one in given)
        added = super().outbox(given)
        self.remember()
        return added

    def outbox_columns(self, rows: Columns, shared: Shared) -> int:
        """Adds many outbox rows."""
        contacts = rows["contact"].tolist()
        self.number("outbox", len(contacts))
        self.need(contacts)
        added = super().outbox_columns(rows, shared)
        self.remember()
        return added

    def remember(self) -> None:
        """Keeps whose the rows are that were just added."""
        found = self._connection.execute(
            "SELECT id, contact FROM outbox WHERE recorded_at = ?", (self.recorded_at,)
        )
        self._shelf.whose |= {int(id_): contact for id_, contact in found}

    def outbox_state(
        self, ids: Sequence[int], state: OutboxState, *, call: str | None = None,
        reason: str | None = None, attempted: bool = False,
    ) -> None:  # fmt: skip
        """Moves outbox rows to a state."""
        self.need(pages.owners(self._shelf, [int(one) for one in ids]))
        super().outbox_state(ids, state, call=call, reason=reason, attempted=attempted)

    def drop_planned(self, plan: str, buckets: tuple[int, int] = (0, 255)) -> None:
        """Ends a superseded plan's rows, or takes back a part of them."""
        wanted = pages.Wanted(plan=plan, states=("planned",))
        whose = {str(one["contact"]) for one in pages.listings(self._shelf, wanted)}
        if buckets != (0, 255):
            whose = {one for one in whose if one and buckets[0] <= bucket(one) <= buckets[1]}
        self.need(whose)
        super().drop_planned(plan, buckets)

    def adopt_sends(self, plan: str, destination: str, account: str) -> int:
        """Takes waiting sends into a plan."""
        wanted = pages.Wanted(destination=destination, account=account, kinds=("send",),
                              states=("planned",))  # fmt: skip
        self.need({str(one["contact"]) for one in pages.listings(self._shelf, wanted)})
        held = self._connection.execute(
            "SELECT DISTINCT plan FROM outbox WHERE state = 'planned' AND kind = 'send'"
        ).fetchall()
        self.small("plan", [(id_,) for (id_,) in held])
        return super().adopt_sends(plan, destination, account)

    def shadows(
        self, destination: str, account: str, source: Literal["pulled", "readback"], rows: Columns
    ) -> None:
        """Upserts shadows."""
        self.need(rows["contact"].tolist())
        super().shadows(destination, account, source, rows)

    def facts(self, version: str, as_of: Micros, body: str) -> None:
        """Keeps a facts version."""
        self.small("facts", [(version,)])
        super().facts(version, as_of, body)

    def playbook(self, hash: str, files: Mapping[str, str]) -> None:
        """Keeps a playbook's files."""
        self.small("playbook", [(hash,)])
        super().playbook(hash, files)

    def setting(self, name: str, value: str) -> None:
        """Keeps a small value."""
        self.small("setting", [(name,)])
        super().setting(name, value)

    def accept(self, connector: str, account: str, body: str) -> int:
        """Puts a webhook into the inbox."""
        self.number("inbox", 1)
        return super().accept(connector, account, body)

    def taken(self, ids: Iterable[int]) -> None:
        """Drops inbox rows."""
        given = [int(one) for one in ids]
        self.small("inbox", [(one,) for one in given])
        super().taken(given)

    def exposures(self, rows: Columns) -> None:
        """Adds exposures."""
        self.need(rows["contact"].tolist())
        super().exposures(rows)

    def dead_letter(self, body: str, reason: str) -> None:
        """Sets aside what could not be processed."""
        self.number("dead_letter", 1)
        super().dead_letter(body, reason)

    def drop_dead(self, ids: Iterable[int]) -> int:
        """Drops dead letters."""
        given = [int(one) for one in ids]
        self.small("dead_letter", [(one,) for one in given])
        return super().drop_dead(given)

    def waiting(self) -> set[str]:
        """The aliases that events in the inbox name: a tombstone may spread to them."""
        found = set[str]()
        for (body,) in self._connection.execute("SELECT body FROM inbox").fetchall():
            with suppress(ValidationError):
                found.update(alias for one in EVENTS.validate_json(body)
                             for alias in tombs.named(one))  # fmt: skip
        return found

    def forget(self, contact: str) -> Mapping[str, int]:
        """Erases a contact."""
        self.need([contact], events=True)
        whole = root(self._connection, contact)
        self.point(aliases_of(self._connection, whole))
        self.point(orders_in_tail(self._tx, cluster(self._connection, whole)))
        for table in ("inbox", "dead_letter", "plan", "moved", "setting"):
            self.small(table)
        self.point(self.waiting())
        removed = super().forget(contact)
        self._connection.execute("DELETE FROM setting WHERE name = 'sweep'")
        return removed
