"""Imports into the portal by the shop itself: contacts, objects, what people did. All of one import
share one moment but those with a timestamp of their own; one ledger entry each."""

from typing import Any

from connectors.sandbox.clock import micros
from connectors.sandbox.hubspot.associations import link
from connectors.sandbox.hubspot.catalogue import table_named
from connectors.sandbox.hubspot.effects_sends import note_event
from connectors.sandbox.hubspot.email_events import add_email_event
from connectors.sandbox.hubspot.state import Choice, Portal, Record, Table
from connectors.sandbox.hubspot.wire import Doing, stamp
from connectors.sandbox.ledger import Recorder
from connectors.sandbox.world import World

type Body = dict[str, Any]


def import_contacts(world: World, body: Body) -> Body:
    """Adds contacts, or changes those that are there, as an import by the shop would. All share
    one moment but those with a timestamp of their own."""
    portal, now = world.portal, world.clock.tick()
    table = portal.tables["contacts"]
    ids = [_import_contact(portal, table, row, now) for row in body["contacts"]]
    _note(world, "contacts", {"contacts": len(ids)})
    return {"imported": len(ids), "ids": ids}


def _import_contact(portal: Portal, table: Table, row: Body, now: int) -> str:
    email = row["email"].strip().lower()
    moment = micros(row["timestamp"]) if "timestamp" in row else now
    record = table.with_email(email)
    if record is None:
        record = Record(portal.fresh(), moment, moment, {"email": email})
        table.put(record)
    values = {name: str(value) for name, value in row.get("properties", {}).items()}
    out = row.get("opted_out")
    if out is True:
        portal.opted_out[email] = moment
        values["hs_email_optout"] = "true"
    held = portal.choices.setdefault(email, {}) if out or "subscribed" in row else {}
    for type_id in out if isinstance(out, list) else ():
        held[int(type_id)] = Choice("UNSUBSCRIBED", moment)
        values[f"hs_email_optout_{type_id}"] = "true"
    for type_id in row.get("subscribed", ()):
        held[int(type_id)] = Choice("SUBSCRIBED", moment)
    record.properties = {**record.properties, **values}
    record.modified = moment
    table.version += 1
    return str(record.id)


def import_objects(world: World, body: Body) -> Body:
    """Adds objects of one type."""
    portal, now = world.portal, world.clock.tick()
    table, contacts = table_named(portal, body["type"]), portal.tables["contacts"]
    if table is None:
        raise LookupError(f"no such type: {body['type']}")
    ids: list[str] = []
    for row in body["records"]:
        moment = micros(row["timestamp"]) if "timestamp" in row else now
        values = {name: str(value) for name, value in row.get("properties", {}).items()}
        record = Record(portal.fresh(), moment, moment, values)
        table.put(record)
        ids.append(str(record.id))
        if "contact" in row:
            link(portal, table, ids[-1], contacts, str(contact_of(portal, row["contact"]).id))
        for name, other_id in row.get("links", ()):
            link(portal, table, ids[-1], portal.tables[name], str(other_id))
    _note(world, "objects", {table.name: len(ids)})
    return {"imported": len(ids), "ids": ids}


def contact_of(portal: Portal, key: Any) -> Record:
    """The contact with that address or id. Raises LookupError."""
    table, text = portal.tables["contacts"], str(key)
    record = table.with_email(text) if "@" in text else table.live(text)
    if record is None:
        raise LookupError("no such contact")
    return record


def import_events(world: World, body: Body) -> Body:
    """Adds what people did: opens, clicks, visits, purchases."""
    portal, now = world.portal, world.clock.tick()
    doing = Doing(portal, Recorder(world.clock.tick, "import"), now)
    for row in body["events"]:
        sent = {
            "eventName": row["eventType"],
            "occurredAt": row.get("occurredAt", stamp(now)),
            "properties": row.get("properties", {}),
        }
        note_event(doing, contact_of(portal, row["contact"]), sent)
    _note(world, "events", {"events": len(body["events"])})
    return {"imported": len(body["events"])}


def import_email_events(world: World, body: Body) -> Body:
    """Adds what became of marketing e-mails."""
    now = world.clock.tick()
    for row in body["events"]:
        moment = micros(row["timestamp"]) if "timestamp" in row else now
        add_email_event(world.portal, row, moment // 1_000)
    _note(world, "email_events", {"events": len(body["events"])})
    return {"imported": len(body["events"])}


def _note(world: World, what: str, after: Body) -> None:
    recorder = world.recorder("import")
    recorder.record("imported", lambda: None, api="hubspot", after=after)
    call = {"via": "control", "api": "hubspot", "method": "POST", "path": f"hubspot/{what}"}
    world.write({**call, "body": None, "write": True}, recorder)
