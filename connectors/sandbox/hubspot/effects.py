"""Every change of a record, and nothing else changes one. Each function changes, keeps the moment
of the last change, and records the effect with the way to undo it. One that finds nothing to
change records nothing and leaves that moment alone (unverified: `Settings.same_value_moves` sets
it the other way)."""

from typing import Any

from connectors.sandbox.hubspot.state import Record, Table, hashed
from connectors.sandbox.hubspot.wire import Doing


def about(doing: Doing, table: Table, record: Record) -> dict[str, Any]:
    """How the ledger names a record, and how its person stands to marketing e-mail."""
    email = record.properties.get("email") if table.name == "contacts" else None
    return {
        "api": "hubspot",
        "object": table.name,
        "record": str(record.id),
        "member": hashed(email) if email else None,
        "standing": doing.portal.standing(email),
    }


def create(doing: Doing, table: Table, values: dict[str, str]) -> Record:
    """Makes a record. The ledger calls it `created` only where it is a contact."""
    values = {name: value for name, value in values.items() if value}
    number = doing.portal.fresh()
    record = Record(number, doing.now, doing.now, values)
    table.put(record)

    def undo() -> None:
        table.drop(record)
        doing.portal.next_id = number

    kind = "created" if table.name == "contacts" else "record_created"
    facts = {**about(doing, table, record), "standing": None}
    doing.recorder.record(kind, undo, **facts, after=values)
    return record


def _assign(table: Table, record: Record, properties: dict[str, str], modified: int) -> None:
    table.unindex(record)
    record.properties, record.modified = properties, modified
    table.index(record)


def write(doing: Doing, table: Table, record: Record, values: dict[str, str]) -> None:
    """Writes those values that differ; one effect a call, with old and new. "" clears."""
    old, modified = record.properties, record.modified
    after = {name: value for name, value in values.items() if old.get(name, "") != value}
    if not after and not doing.portal.settings.same_value_moves:
        return
    facts = about(doing, table, record)
    kept = {name: value for name, value in {**old, **after}.items() if value}
    _assign(table, record, kept, doing.now)
    doing.recorder.record(
        "property_written" if after else "touched",
        lambda: _assign(table, record, old, modified),
        **facts,
        before={name: old.get(name, "") for name in after},
        after=after,
    )


def _file(table: Table, record: Record, archived_at: int | None) -> None:
    table.unindex(record)
    record.archived_at = archived_at
    table.index(record)


def archive(doing: Doing, table: Table, record: Record) -> None:
    """Moves a record to the bin; it leaves its lists."""
    places = [
        (held, held.members.pop(record.id))
        for held in doing.portal.lists.values()
        if table.name == "contacts" and record.id in held.members
    ]
    _file(table, record, doing.now)

    def undo() -> None:
        _file(table, record, None)
        for held, joined in places:
            held.members[record.id] = joined

    doing.recorder.record("archived", undo, **about(doing, table, record), before={}, after={})


def erase(doing: Doing, table: Table, record: Record) -> None:
    """Deletes a contact for ever; its address cannot be used again."""
    portal, email = doing.portal, record.properties.get("email", "")
    facts = about(doing, table, record)
    places = [
        (held, held.members.pop(record.id))
        for held in portal.lists.values()
        if record.id in held.members
    ]
    table.drop(record)
    new = bool(email) and email not in portal.forgotten
    choices, opted = portal.choices.pop(email, None), portal.opted_out.pop(email, None)
    portal.forgotten |= {email} if email else set()

    def undo() -> None:
        table.put(record)
        portal.forgotten -= {email} if new else set()
        if choices is not None:
            portal.choices[email] = choices
        if opted is not None:
            portal.opted_out[email] = opted
        for held, joined in places:
            held.members[record.id] = joined

    doing.recorder.record("erased", undo, **facts, before={}, after={})


def block(doing: Doing, email: str) -> None:
    """Puts an address that nobody has on the list of those that cannot be used."""
    if email in doing.portal.forgotten:
        return
    doing.portal.forgotten.add(email)
    doing.recorder.record(
        "blocked",
        lambda: doing.portal.forgotten.discard(email),
        api="hubspot",
        member=hashed(email),
    )


def merge(doing: Doing, table: Table, primary: Record, other: Record) -> Record:
    """Joins two contacts. The result has a new id, and both old ids lead to it, as since 2025
    (unverified; `Settings.merge_keeps_id` keeps the primary's)."""
    portal = doing.portal
    facts = about(doing, table, primary)
    values = {**other.properties, **primary.properties}
    gone = [other.id] if portal.settings.merge_keeps_id else [primary.id, other.id]
    values["hs_merged_object_ids"] = ";".join(map(str, gone))
    before = portal.next_id
    number = primary.id if portal.settings.merge_keeps_id else portal.fresh()
    created = min(primary.created, other.created)
    result = Record(number, created, doing.now, values, merged=gone)
    for record in (primary, other):
        table.drop(record)
    table.put(result)
    table.aliases |= dict.fromkeys(gone, number)
    joins = [(held, dict(held.members)) for held in portal.lists.values()]
    for held, _ in joins:
        moments = [held.members.pop(n) for n in (primary.id, other.id) if n in held.members]
        if moments:
            held.members[number] = min(moments)

    def undo() -> None:
        table.drop(result)
        for old in gone:
            del table.aliases[old]
        table.put(other)
        table.put(primary)
        for held, members in joins:
            held.members = members
        portal.next_id = before

    doing.recorder.record(
        "merged",
        undo,
        **facts,
        before={"ids": [str(primary.id), str(other.id)]},
        after={"id": str(number)},
    )
    return result
