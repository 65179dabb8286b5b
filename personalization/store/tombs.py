"""What erasure leaves behind: tombstones, and the events that they stop.

A tombstone stops every event dated up to it. What is dated later is let in only once the person
has opted in afresh: a consent event with state "in", dated after the tombstone, opens the alias
from its own date on, and a link dated after that opens the other alias that it names. Until then
later events are dropped too and not set aside: keeping them would be keeping data about somebody
who asked us not to. In one batch opt-ins are taken first, so its order does not matter.

A record that names an erased person under an alias never met before is that person too: the link
between them is stopped, and the new alias gets the tombstone, so that what else the record says
is stopped now and later. An opt-in that only tells a status that was seen opens nothing (its
`observed` is true): a record that still stands somewhere, and changes there, is no fresh opt-in.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from personalization.arrival import Arrival, linked, props_of, whole
from personalization.identity import alias_hash
from personalization.models import CONSENT, LINK, Event, Micros
from personalization.store.aliases import any_tombstone, contact_of
from personalization.store.tables import Transaction


@dataclass
class Stone:
    """The newest tombstone of an alias; `reopened_at` is the date of the fresh opt-in."""

    hash: str
    erased_at: Micros
    reopened_at: Micros | None

    def lets_in(self, moment: Micros) -> bool:
        """Whether an event of that date may pass."""
        return self.reopened_at is not None and moment >= self.reopened_at

    def open(self, moment: Micros) -> None:
        """Opens the alias from a date on."""
        if moment > self.erased_at and not self.lets_in(moment):
            self.reopened_at = moment


def living[One: Event | Arrival](tx: Transaction, events: Sequence[One]) -> Sequence[One]:
    """The events that no tombstone stops."""
    if not any_tombstone(tx.connection):
        return events
    everyone = {alias for event in events for alias in named(event)}
    stones = stones_of(tx.connection, tx.install_key, everyone)
    if not stones:
        return events
    reopen(events, stones)
    while spread(tx, events, stones):
        reopen(events, stones)
    tx.connection.executemany(
        "INSERT INTO tombstone (alias_hash, erased_at, reopened_at) VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET reopened_at = excluded.reopened_at",
        ((one.hash, one.erased_at, one.reopened_at) for one in stones.values()),
    )
    return [event for event in events if passes(event, stones)]


def stones_of(
    connection: sqlite3.Connection, install_key: str, aliases: Iterable[str]
) -> dict[str, Stone]:
    """The newest tombstone of each alias that has one."""
    found = {}
    for alias in aliases:
        hash_ = alias_hash(install_key, alias)
        row = connection.execute(
            "SELECT erased_at, reopened_at FROM tombstone WHERE alias_hash = ? "
            "ORDER BY erased_at DESC LIMIT 1", (hash_,),
        ).fetchone()  # fmt: skip
        if row:
            found[alias] = Stone(hash_, *row)
    return found


def spread(tx: Transaction, events: Sequence[Event | Arrival], stones: dict[str, Stone]) -> bool:
    """Gives aliases that nobody has met the tombstone of the erased alias that they are linked
    to. Whether there were any."""
    fresh: dict[str, Stone] = {}
    for event in events:
        if event.kind != LINK:
            continue
        pair = named(event)
        shut = [stones[one] for one in pair
                if one in stones and not stones[one].lets_in(event.occurred_at)]  # fmt: skip
        for alias in pair:
            if shut and alias not in stones and contact_of(tx.connection, alias, None) is None:
                erased_at = max(stone.erased_at for stone in (*shut, fresh.get(alias, shut[0])))
                fresh[alias] = Stone(alias_hash(tx.install_key, alias), erased_at, None)
    stones |= fresh
    return bool(fresh)


def named(event: Event | Arrival) -> list[str]:
    """The aliases that an event names."""
    other = linked(event) if event.kind == LINK else None
    return [whole(event.alias), other] if other else [whole(event.alias)]


def reopen(events: Sequence[Event | Arrival], stones: Mapping[str, Stone]) -> None:
    """Opens the aliases of those who opted in afresh, and those that links join to them."""
    for event in events:
        if event.kind == CONSENT and opts_in(event):
            stone = stones.get(whole(event.alias))
            if stone:
                stone.open(event.occurred_at)
    links = [event for event in events if event.kind == LINK]
    before: list[Micros | None] = []
    while before != (now := [one.reopened_at for one in stones.values()]):
        before = now
        for event in links:
            known = [stones[alias] for alias in named(event) if alias in stones]
            if any(stone.lets_in(event.occurred_at) for stone in known):
                for stone in known:
                    stone.open(event.occurred_at)


def opts_in(event: Event | Arrival) -> bool:
    """Whether a consent event is somebody's opting in at its date."""
    props = props_of(event)
    return props.get("state") == "in" and props.get("observed") is not True


def passes(event: Event | Arrival, stones: Mapping[str, Stone]) -> bool:
    """Whether no tombstone stops an event."""
    return all(
        stones[alias].lets_in(event.occurred_at) for alias in named(event) if alias in stones
    )


def tombstoned(
    connection: sqlite3.Connection, install_key: str, aliases: Iterable[str]
) -> dict[str, Micros]:
    """When each erased alias was erased last."""
    stones = stones_of(connection, install_key, aliases)
    return {alias: stone.erased_at for alias, stone in stones.items()}


def erased(connection: sqlite3.Connection, contact: str) -> Micros | None:
    """When a contact was erased, if it was."""
    found = connection.execute(
        "SELECT erased_at FROM erased WHERE contact = ?", (contact,)
    ).fetchone()
    return int(found[0]) if found else None
