"""Changes of what a portal is made of: properties, groups, lists. Same rules as `effects`."""

from typing import Any

from connectors.sandbox.hubspot.state import Group, ObjectList, Property, Record, Table, hashed
from connectors.sandbox.hubspot.wire import Doing


def add_property(doing: Doing, table: Table, column: Property) -> None:
    """Adds a property, in the place of an archived one of that name."""
    before = table.properties.get(column.name)
    column.created = column.updated = doing.now
    table.properties[column.name] = column

    def undo() -> None:
        del table.properties[column.name]
        if before is not None:
            table.properties[column.name] = before

    after = {"label": column.label, "type": column.type, "group": column.groupName}
    _note(doing, "property_created", undo, object=table.name, name=column.name, after=after)


def change(doing: Doing, thing: Property | Group, kind: str, values: dict[str, Any]) -> None:
    """Changes a property or a group."""
    before = {name: getattr(thing, name) for name in values}
    after = {name: value for name, value in values.items() if before[name] != value}
    if not after:
        return

    def assign(values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(thing, name, value)

    assign(after)
    old = {name: before[name] for name in after}
    _note(doing, kind, lambda: assign(old), name=thing.name, before=old, after=after)


def archive_property(doing: Doing, table: Table, column: Property) -> None:
    """Moves a property to the bin, and with it what records hold in it."""
    column.archived_at = doing.now
    table.version += 1

    def undo() -> None:
        column.archived_at = None
        table.version += 1

    _note(doing, "property_deleted", undo, object=table.name, name=column.name)


def add_group(doing: Doing, table: Table, group: Group) -> None:
    """Adds a group of properties."""
    table.groups[group.name] = group
    undo = lambda: table.groups.pop(group.name)  # noqa: E731 (one expression, used once)
    _note(doing, "group_created", undo, object=table.name, name=group.name)


def drop_group(doing: Doing, table: Table, group: Group) -> None:
    """Removes a group of properties."""
    del table.groups[group.name]

    def undo() -> None:
        table.groups[group.name] = group

    _note(doing, "group_deleted", undo, object=table.name, name=group.name)


def add_list(doing: Doing, held: ObjectList) -> None:
    """Adds a list."""
    doing.portal.lists[held.id] = held
    after = {"type": held.processing_type, "members": len(held.members)}
    undo = lambda: doing.portal.lists.pop(held.id)  # noqa: E731 (one expression, used once)
    _note(doing, "list_created", undo, list=str(held.id), name=held.name, after=after)


def change_list(doing: Doing, held: ObjectList, kind: str, **values: Any) -> None:
    """Renames, deletes or restores a list."""
    before = {name: getattr(held, name) for name in values}
    if before == values:
        return

    def assign(values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(held, name, value)

    kept = {**before, "version": held.version, "updated": held.updated}
    assign({**values, "version": held.version + 1, "updated": doing.now})
    _note(doing, kind, lambda: assign(kept), list=str(held.id), before=before, after=values)


def set_member(doing: Doing, table: Table, held: ObjectList, record: Record, wanted: bool) -> bool:
    """Puts a record on a list or takes it off; False where it is so already."""
    if (record.id in held.members) is wanted:
        return False
    joined = held.members.pop(record.id, None)
    if wanted:
        held.members[record.id] = doing.now

    def undo() -> None:
        held.members.pop(record.id, None)
        if joined is not None:
            held.members[record.id] = joined

    email = record.properties.get("email")
    _note(
        doing,
        "list_added" if wanted else "list_removed",
        undo,
        object=table.name,
        record=str(record.id),
        member=hashed(email) if email else None,
        standing=doing.portal.standing(email),
        list=str(held.id),
        name=held.name,
        before=not wanted,
        after=wanted,
    )
    return True


def _note(doing: Doing, kind: str, undo: Any, **facts: Any) -> None:
    doing.recorder.record(kind, undo, api="hubspot", **facts)
