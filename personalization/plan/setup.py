"""What a playbook needs in a destination before values can be written and events sent: fields, tags
and events to create, fields and tags to rename and to remove."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from personalization.connector import MARK, Destination, RemoteField, events
from personalization.errors import Stop
from personalization.mirror import mirror
from personalization.models import OutboxRow
from personalization.plan.sends import Outlet, serving
from personalization.playbook.model import Field, Playbook


@dataclass(frozen=True)
class Setup:
    """What would be made and removed. `rename` pairs an old field with its new name: the values
    move because the new one is filled before the old one is dropped."""

    create_fields: tuple[str, ...]
    create_tags: tuple[str, ...]
    drop_fields: tuple[str, ...]
    drop_tags: tuple[str, ...]
    rename: tuple[tuple[str, str], ...]
    create_events: tuple[str, ...] = ()


def compare(
    destination: Destination, playbook: Playbook, before: Playbook | None,
    others: Sequence[Destination] = (),
) -> Setup:  # fmt: skip
    """Holds the playbook against the destination. `before` is the playbook applied last there:
    only fields and tags that it had are ever removed, and no event, in which contacts' pasts are.
    `others` may take a channel's sends. Raises Stop if the fields do not fit."""
    fields = {field.name: field for field in destination.fields()}
    tags = {tag.name for tag in destination.tags()}
    wanted_tags = [one.tag for one in playbook.segments.values() if one.tag]
    missing = tuple(name for name in playbook.fields if name not in fields)
    gone = gone_fields(fields, playbook, before)
    check_room(destination, fields, missing, playbook)
    if mirror(destination):  # it has no columns to make, and keeps what it is no longer told
        return Setup((), (), (), (), ())
    old_tags = {one.tag for one in before.segments.values() if one.tag} if before else set()
    return Setup(
        create_fields=missing,
        create_tags=tuple(dict.fromkeys(one for one in wanted_tags if one not in tags)),
        drop_fields=gone,
        drop_tags=tuple(sorted((old_tags - set(wanted_tags)) & tags)),
        rename=renamed(playbook, before, missing, gone),
        create_events=missing_events(destination, playbook, others),
    )


def missing_events(
    destination: Destination, playbook: Playbook, others: Sequence[Destination]
) -> tuple[str, ...]:
    """Events that triggers send there, of those that have to be made before."""
    outlets = [Outlet(one, "") for one in (destination, *others)]
    wanted = {one.event.lower() for one in playbook.triggers.values()
              if one.by == "event" and outlets[0] in serving(outlets, one.channel)}  # fmt: skip
    there = events(destination) if wanted else None
    return () if there is None else tuple(sorted(wanted - {one.name for one in there}))


def gone_fields(
    fields: Mapping[str, RemoteField], playbook: Playbook, before: Playbook | None
) -> tuple[str, ...]:
    """Fields of ours that the playbook no longer has."""
    known = set(before.fields) if before else set()
    return tuple(
        name for name, field in fields.items()
        if name not in playbook.fields and field.ours and name in known
    )  # fmt: skip


def check_room(
    destination: Destination,
    fields: Mapping[str, RemoteField],
    missing: Sequence[str],
    playbook: Playbook,
) -> None:
    """Raises Stop where names clash with fields that are not ours or the room does not do."""
    limits = destination.limits
    for name in playbook.fields:
        if name in fields and not fields[name].ours:
            raise Stop(
                f"field {name} is already in {destination.name}/{destination.account} and was not "
                f"made by this product: give the playbook's field another name"
            )
        if not re.fullmatch(limits.field_name, name):
            raise Stop(f"field {name} is no valid name in {destination.name}")
    if len(fields) + len(missing) > limits.fields:
        raise Stop(
            f"{destination.name}/{destination.account} has {len(fields)} of {limits.fields} fields "
            f"and the playbook needs {len(missing)} more: remove fields from either"
        )


def renamed(
    playbook: Playbook, before: Playbook | None, missing: Sequence[str], gone: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Pairs (old, new) of fields that say the same thing under another name."""
    if before is None:
        return ()
    said = {meaning(before.fields[name]): name for name in gone if name in before.fields}
    pairs = ((said.get(meaning(playbook.fields[name])), name) for name in missing)
    return tuple((old, new) for old, new in pairs if old)


def meaning(field: Field) -> tuple[object, ...]:
    """What a field shows, whatever it is called."""
    return (field.value, field.slot, field.fallback, field.format)


def setup_rows(setup: Setup, destination: Destination, plan: str, playbook: Playbook
               ) -> list[OutboxRow]:  # fmt: skip
    """The setup as outbox rows: creations first, removals last (`apply` keeps that order)."""
    made = [{"field": name, "label": label(playbook.fields[name])} for name in setup.create_fields]
    made += [{"tag": name} for name in setup.create_tags]
    made += [{"event": name} for name in setup.create_events]
    dropped = [{"drop_field": name} for name in setup.drop_fields]
    dropped += [{"drop_tag": name} for name in setup.drop_tags]
    return [
        OutboxRow(id=0, plan=plan, destination=destination.name, account=destination.account,
                  contact="", kind="setup", old={}, new=new)
        for new in (*made, *dropped)
    ]  # fmt: skip


def label(field: Field) -> str:
    """A field's label in the destination, with our mark."""
    return f"{field.label or field.name.replace('_', ' ').title()} {MARK}"
