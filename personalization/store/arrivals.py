"""A batch of events before it meets the log: content hashes, one row a key, and who is linked."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from personalization.arrival import Arrival, arrival, linked
from personalization.models import LINK, Event, Micros


@dataclass
class Batch:
    """A batch, whatever order it came in. Aliases and links of losing rows count too: whose
    alias is whose must not depend on which of two conflicting rows came first."""

    rows: dict[str, Arrival] = field(default_factory=dict)
    aliases: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)
    duplicates: int = 0
    conflicts: int = 0


def arrive(events: Iterable[Event | Arrival]) -> Batch:
    """Takes a batch together."""
    batch = Batch()
    rows = batch.rows
    versions: dict[str, dict[tuple[Micros, int], int]] = {}
    for event in events:
        one = arrival(event)
        batch.aliases.add(one.alias)
        if one.kind == LINK and (other := linked(event)):
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
