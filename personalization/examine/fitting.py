"""Whether a playbook fits a destination: names, room, tags. Told by the contract's calls alone."""

import re
from collections.abc import Iterator, Sequence

from personalization.connector import Destination, Finding, RemoteField, RemoteTag
from personalization.installed import applied_last, installed, uninstalled
from personalization.mirror import mirror
from personalization.models import DAY, Micros
from personalization.playbook.model import Playbook
from personalization.store.protocol import Store


def fitting(
    store: Store, destination: Destination, playbook: Playbook, now: Micros
) -> Iterator[Finding]:
    """Findings about one destination. Reads only; raises what the destination's calls raise."""
    place = f"{destination.name}/{destination.account}"
    gone = uninstalled(store, place)
    if not mirror(destination):  # one that cannot be asked has no names, no room and no contacts
        yield from fitted(store, destination, place, playbook, gone is not None)
    yield planned(store, place, gone, now)


def fitted(
    store: Store, destination: Destination, place: str, playbook: Playbook, gone: bool
) -> Iterator[Finding]:
    """Names, room, tags, and whether its contacts are known."""
    fields, tags = destination.fields(), destination.tags()
    yield from room(place, destination, fields, playbook)
    yield from names(place, destination, fields, playbook)
    yield from left_over(place, fields, playbook, gone)
    mine = installed(store, destination).tags
    yield from tag_names(place, destination, tags, playbook, mine)
    yield pulled(store, destination, place)


def room(
    place: str, destination: Destination, fields: Sequence[RemoteField], playbook: Playbook
) -> Iterator[Finding]:
    """Free fields against those that the playbook needs."""
    there = {field.name for field in fields}
    needed = sum(1 for name in playbook.fields if name not in there)
    most, ours = destination.limits.fields, sum(field.ours for field in fields)
    said = (f"{len(fields)} of {most} fields are used, {ours} of them ours; the playbook needs "
            f"{needed} more")  # fmt: skip
    over = len(fields) + needed - most
    remedy = f"remove {over} fields from {place} or from the playbook" if over > 0 else None
    yield Finding(about=f"{place} room", level="wrong" if over > 0 else "good", said=said,
                  remedy=remedy)  # fmt: skip


def names(
    place: str, destination: Destination, fields: Sequence[RemoteField], playbook: Playbook
) -> Iterator[Finding]:
    """Fields whose names clash, cannot be, or whose values are longer than may be."""
    theirs, limits = {field.name for field in fields if not field.ours}, destination.limits
    wrong = 0
    for name, field in playbook.fields.items():
        said = remedy = None
        if name in theirs:
            said = f"field {name} is there already and was not made by this product"
            remedy = "give the playbook's field another name"
        elif not re.fullmatch(limits.field_name, name):
            said = f"field {name} is no valid name there"
            remedy = f"name it to fit {limits.field_name}"
        elif field.max_bytes > limits.value_bytes:
            yield Finding(about=f"{place} fields", level="short",
                          said=f"{name} may hold {field.max_bytes} bytes, {limits.value_bytes} fit",
                          remedy=f"set max: {limits.value_bytes} in the playbook")  # fmt: skip
        if said:
            wrong += 1
            yield Finding(about=f"{place} fields", level="wrong", said=said, remedy=remedy)
    if not wrong:
        yield Finding(about=f"{place} fields", level="good",
                      said=f"none of {len(playbook.fields)} names clashes")  # fmt: skip


def left_over(
    place: str, fields: Sequence[RemoteField], playbook: Playbook, gone: bool
) -> Iterator[Finding]:
    """Fields of ours that the playbook does not name."""
    names = [field.name for field in fields if field.ours and field.name not in playbook.fields]
    if names:
        remedy = "`ofone apply` carries out the rest of its plan" if gone else (
            "`ofone plan` removes those that it made"
        )  # fmt: skip
        yield Finding(about=f"{place} fields", level="short", remedy=remedy,
                      said=f"ours, and not in the playbook: {', '.join(names)}")  # fmt: skip


def tag_names(
    place: str, destination: Destination, tags: Sequence[RemoteTag], playbook: Playbook,
    mine: frozenset[str],
) -> Iterator[Finding]:  # fmt: skip
    """Tags that others have made, or that are too long."""
    wanted = [one.tag for one in playbook.segments.values() if one.tag]
    there, most = {tag.name: tag for tag in tags}, destination.limits.tag_chars
    wrong = 0
    for name in wanted:
        if len(name) > most:
            wrong += 1
            yield Finding(about=f"{place} tags", level="wrong", remedy="give it a shorter name",
                          said=f"tag {name} is longer than {most} characters")  # fmt: skip
        elif name in there and name not in mine and there[name].members:
            wrong += 1
            yield Finding(
                about=f"{place} tags", level="short",
                said=f"tag {name} is there with {there[name].members} contacts and was not made "
                     "from this store: whoever is not in its segment loses it",
                remedy="give the playbook's tag another name, unless it is meant so",
            )  # fmt: skip
    if not wrong:
        yield Finding(about=f"{place} tags", level="good",
                      said=f"none of {len(wanted)} names clashes")  # fmt: skip


def pulled(store: Store, destination: Destination, place: str) -> Finding:
    """Whether its contacts are known here."""
    count = store.count_shadows(destination.name, destination.account)
    if count:
        return Finding(about=f"{place} contacts", level="good", said=f"{count:,} are known here")
    return Finding(about=f"{place} contacts", level="short", said="none is known here yet",
                   remedy=f"`ofone backfill {place}` brings them in")  # fmt: skip


def planned(store: Store, place: str, gone: Micros | None, now: Micros) -> Finding:
    """When anything was written there last."""
    about = f"{place} plan"
    if gone is not None:
        return Finding(about=about, level="short", said="uninstalled: nothing of ours is kept up",
                       remedy="a new `ofone plan` and `ofone apply` would make it all again; "
                              "take the account out of the settings if that is not wanted")  # fmt: skip
    at, _ = applied_last(store, place)
    if at is None:
        return Finding(about=about, level="short", said="no plan was ever applied",
                       remedy="`ofone plan`, then `ofone apply --first 100`")  # fmt: skip
    days = max(0, now - at) // DAY
    if days >= 2:
        return Finding(about=about, level="short", said=f"applied last {days} days ago",
                       remedy="let `ofone plan` and `ofone apply` run every night")  # fmt: skip
    return Finding(about=about, level="good", said="applied within two days")
