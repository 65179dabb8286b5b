"""A portal in plain JSON, and back. Settings, failures and the times of calls are not kept."""

from dataclasses import asdict
from typing import Any

from connectors.sandbox.hubspot.catalogue import add_type, new_portal
from connectors.sandbox.hubspot.state import (
    Choice,
    Group,
    ObjectList,
    Portal,
    Property,
    Record,
    SubscriptionType,
    Table,
)

_PLAIN = (
    *(
        "opted_out",
        "associations",
        "definitions",
        "occurrences",
        "email_events",
        "sends",
        "send_ids",
    ),
    *("actions", "callbacks", "hooks", "next_id", "hub"),
)


def kept(portal: Portal) -> dict[str, Any]:
    """Everything that the portal holds."""
    body: dict[str, Any] = {name: getattr(portal, name) for name in _PLAIN}
    body["tables"] = {name: _table(table) for name, table in portal.tables.items()}
    body["lists"] = [asdict(held) for held in portal.lists.values()]
    body["subscription_types"] = [asdict(kind) for kind in portal.subscription_types.values()]
    body["choices"] = {
        email: {str(type_id): asdict(choice) for type_id, choice in held.items()}
        for email, held in portal.choices.items()
    }
    body["forgotten"] = sorted(portal.forgotten)
    body["uuids"] = sorted(portal.uuids)
    body["emails"] = {str(number): email for number, email in portal.emails.items()}
    return body


def _table(table: Table) -> dict[str, Any]:
    return {
        "properties": [asdict(column) for column in table.properties.values() if not column.own],
        "groups": [asdict(group) for group in table.groups.values() if not group.own],
        "records": [
            [r.id, r.created, r.modified, r.properties, r.archived_at, r.merged]
            for r in table.after(0)
        ],
        "aliases": {str(old): new for old, new in table.aliases.items()},
    }


def restored(body: dict[str, Any]) -> Portal:
    """The portal that was kept."""
    portal = new_portal()
    for name in _PLAIN:
        setattr(portal, name, body[name])
    for name, row in body["tables"].items():
        _fill(portal.tables[name], row)
    for held in body["lists"]:
        held["members"] = {int(number): at for number, at in held["members"].items()}
        portal.lists[held["id"]] = ObjectList(**held)
    for row in body["subscription_types"]:
        add_type(portal, SubscriptionType(**row))
    portal.choices = {
        email: {int(type_id): Choice(**choice) for type_id, choice in held.items()}
        for email, held in body["choices"].items()
    }
    portal.forgotten, portal.uuids = set(body["forgotten"]), set(body["uuids"])
    portal.emails = {int(number): email for number, email in body["emails"].items()}
    return portal


def _fill(table: Table, row: dict[str, Any]) -> None:
    table.properties |= {p["name"]: Property(**p) for p in row["properties"]}
    table.groups |= {g["name"]: Group(**g) for g in row["groups"]}
    for values in row["records"]:
        table.put(Record(*values))
    table.aliases = {int(old): new for old, new in row["aliases"].items()}
