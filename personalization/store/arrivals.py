"""A batch of events before it meets the log: content hashes, one row a key, and who is linked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from personalization.hashing import canonical, cleaned, content_hash
from personalization.models import LINK, Event, Micros


class Arrival(NamedTuple):
    """An event on its way into the log; it compares by (occurred_at, hash), as keys require."""

    occurred_at: Micros
    hash: int
    key: str
    kind: str
    alias: str
    props: str


@dataclass
class Batch:
    """A batch, whatever order it came in. Aliases and links of losing rows count too: whose
    alias is whose must not depend on which of two conflicting rows came first."""

    rows: dict[str, Arrival] = field(default_factory=dict)
    aliases: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)
    duplicates: int = 0
    conflicts: int = 0


def arrive(events: Iterable[Event]) -> Batch:
    """Takes a batch together."""
    batch = Batch()
    rows = batch.rows
    versions: dict[str, dict[tuple[Micros, int], int]] = {}
    for event in events:
        one = arrival(event)
        batch.aliases.add(one.alias)
        if event.kind == LINK and (other := linked(event)):
            batch.aliases.add(other)
            batch.links.append((one.alias, other))
        held = rows.setdefault(one.key, one)
        if held is not one:
            versions.setdefault(one.key, {held[:2]: 1})
            versions[one.key][one[:2]] = versions[one.key].get(one[:2], 0) + 1
            rows[one.key] = max(held, one)
    batch.conflicts = sum(len(each) - 1 for each in versions.values())
    batch.duplicates = sum(sum(each.values()) - len(each) for each in versions.values())
    return batch


def arrival(event: Event) -> Arrival:
    """An event with its canonical properties and content hash."""
    kind, alias, props = whole(event.kind), whole(event.alias), canonical(event.props)
    hash_ = content_hash(kind, alias, event.occurred_at, props)
    return Arrival(event.occurred_at, hash_, whole(event.key), kind, alias, props)


def linked(event: Event) -> str | None:
    """The other alias of a link."""
    other = event.props.get("other")
    return whole(other) if isinstance(other, str) and other else None


def whole(text: str) -> str:
    """A text that UTF-8 can hold."""
    if text.isascii():
        return text
    return str(cleaned(text))
