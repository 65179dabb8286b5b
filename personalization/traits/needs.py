"""What a playbook needs of the log, so that nothing else is read."""

from collections.abc import Iterable
from dataclasses import dataclass

from personalization.models import PURCHASE
from personalization.playbook.model import Playbook, Trait
from personalization.traits.properties import (
    COLUMN,
    LINE,
    LOCAL,
    over_lines,
    reads,
    through_lines,
    type_of,
)

ORDER, REFUND = PURCHASE
LATEST = ("first", "last", "near")
"""Kinds of trait that look at one row, and of several at one moment at that of a certain key."""


@dataclass(frozen=True)
class Needs:
    """`kinds` of events; `lined`, those whose lines traits read, `listed`,
    those and what picks read; `events` and `lines`, the event and
    line properties to carry; `columns`, the column of each property; `money`, the kinds whose
    amounts are compared or added up; `days`, the calendar windows; `keyed`, the kinds whose keys
    matter, and whether a line's does (`line_keys`); `carried`, the event properties that traits
    over lines read too; `picks`, whether products are picked."""

    kinds: tuple[str, ...]
    lined: tuple[str, ...]
    listed: tuple[str, ...]
    events: tuple[str, ...]
    lines: tuple[str, ...]
    columns: dict[str, str]
    money: tuple[str, ...]
    days: tuple[int, ...]
    keyed: tuple[str, ...]
    line_keys: bool
    carried: tuple[str, ...]
    picks: bool

    @property
    def local(self) -> bool:
        """Whether the local clock of events matters."""
        return any(name in LOCAL for name in self.events)


def needs(playbook: Playbook) -> Needs:
    """What the traits, triggers and slots of a playbook need."""
    traits = [trait for trait in playbook.traits.values() if trait.event is not None]
    picks = any(slot.picks for slot in playbook.slots.values())
    read = set[str]().union(*(reads(trait) for trait in traits))
    lined = {kind_of(trait) for trait in traits if over_lines(trait) or through_lines(trait)}
    return Needs(
        kinds=tuple(sorted(kinds(playbook, traits, picks))),
        lined=tuple(sorted(lined)),
        listed=tuple(sorted(lined | ({ORDER} if picks else set()))),
        events=tuple(sorted(name for name in read if name not in LINE)),
        lines=tuple(sorted(name for name in read if name in LINE)),
        columns=columns(read),
        money=tuple(sorted(moneyed(playbook, traits))),
        days=tuple(sorted({t.window.days for t in traits if t.window and t.window.days})),
        keyed=tuple(sorted(keyed(playbook, traits))),
        line_keys=any(keyed_lines(trait) for trait in traits),
        carried=tuple(sorted(beside_lines(traits))),
        picks=picks,
    )


def keyed(playbook: Playbook, traits: Iterable[Trait]) -> set[str]:
    """The kinds of event whose keys break ties, join lines or name the cause of a send."""
    found = {
        kind_of(trait) for trait in traits if trait.kind in LATEST or through_lines(trait)
    }  # fmt: skip
    for trigger in playbook.triggers.values():
        found |= {kind for kind in (trigger.after, trigger.unless) if kind}
    return found


def keyed_lines(trait: Trait) -> bool:
    """Whether a trait asks lines for their event's key."""
    return through_lines(trait) or (over_lines(trait) and trait.kind in LATEST)


def beside_lines(traits: Iterable[Trait]) -> set[str]:
    """The event properties that traits over lines, or filters on lines, read."""
    found: set[str] = set()
    for trait in traits:
        if over_lines(trait) or through_lines(trait):
            found |= {name for name in reads(trait) if name not in LINE}
    return found


def kind_of(trait: Trait) -> str:
    """The kind of event that a trait is computed from."""
    return trait.event or ""


def kinds(playbook: Playbook, traits: Iterable[Trait], picks: bool) -> set[str]:
    """The kinds of event that anything in the playbook looks at."""
    found = {kind_of(trait) for trait in traits}
    if any(trait.kind == "net" for trait in traits):
        found.add(REFUND)
    for trigger in playbook.triggers.values():
        found |= {kind for kind in (trigger.after, trigger.unless) if kind}
    return found | ({ORDER} if picks else set())


def columns(names: Iterable[str]) -> dict[str, str]:
    """The column that holds each property."""
    own = [name for name in sorted(names) if name not in {**COLUMN, **LOCAL, **LINE}]
    chosen = {name: name for name in names if name in {**COLUMN, **LOCAL, **LINE}}
    return chosen | {name: f"x{index}" for index, name in enumerate(own)}


def moneyed(playbook: Playbook, traits: Iterable[Trait]) -> set[str]:
    """The kinds of event whose money matters."""
    found: set[str] = set()
    for trait in traits:
        if any(type_of(playbook, name) == "money" for name in reads(trait)):
            found |= {kind_of(trait)} | ({REFUND} if trait.kind == "net" else set())
    return found
