"""What tests and demos ask of the HubSpot portal itself, below /_sandbox/hubspot/.

POST contacts  {contacts: [{email, properties?, timestamp?, opted_out?: true | [type ids],
               subscribed?: [type ids]}]}: imports thousands; one ledger entry
POST objects   {type, records: [{properties, timestamp?, contact?: address or id}]}: the same for
               orders, carts, feedback and so on; HubSpot's own read-only values may be given
POST events    {events: [{eventType, contact, occurredAt?, properties?}]}: what people did
POST person    {email, action, by?: person|admin, type?, properties?}; action is one of opt_out
               (of `type`, else of everything), opt_in, archive, erase, write, create
POST failures  {seed, rates, script, delay, polls}: replaces what was set
POST settings  {limits: {window, search, daily, time: clock|real|off}, tokens: {token: [scopes]},
               search_lag, same_value_moves, name_unknown_ids, merge_keeps_id, ...}
POST types     {types: [{id, name, description?}]}: more subscription types
POST emails    {emails: [{id, transactional}]}: more published e-mails, for single sends
POST deliver, execute: webhooks and workflow actions; see `webhooks`
GET  state     counts
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from connectors.sandbox.clock import micros
from connectors.sandbox.failures import HUBSPOT_KINDS, parse
from connectors.sandbox.hubspot import effects
from connectors.sandbox.hubspot.associations import link
from connectors.sandbox.hubspot.catalogue import add_type, table_named
from connectors.sandbox.hubspot.effects_sends import choose, note_event, opt_out_of_all
from connectors.sandbox.hubspot.settings import Limits
from connectors.sandbox.hubspot.state import (
    MARKETING,
    Choice,
    Portal,
    Record,
    SubscriptionType,
    Table,
)
from connectors.sandbox.hubspot.wire import Doing, stamp
from connectors.sandbox.ledger import Recorder
from connectors.sandbox.world import World

PREFIX = "hubspot/"
ACTIONS = ("opt_out", "opt_in", "archive", "erase", "write", "create")

type Body = dict[str, Any]


def control(world: World, method: str, name: str, body: Body) -> Any:
    """The answer's JSON. Raises LookupError for what does not exist, ValueError for nonsense."""
    if (method, name) == ("GET", "state"):
        return state(world.portal)
    if method != "POST" or name not in _POSTS:
        raise LookupError(f"no such control: {method} hubspot/{name}")
    return _POSTS[name](world, body)


def state(portal: Portal) -> Body:
    """Counts per object type, lists by name, opt-outs, events and sends."""
    return {
        "records": {
            name: sum(r.archived_at is None for r in table.records.values())
            for name, table in portal.tables.items()
            if table.records
        },
        "lists": {
            held.name: len(held.members)
            for held in portal.lists.values()
            if held.deleted_at is None
        },
        "opted_out": len(portal.opted_out),
        "events": len(portal.occurrences),
        "sends": len(portal.sends),
    }


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
            link(portal, table, ids[-1], contacts, str(_contact(portal, row["contact"]).id))
    _note(world, "objects", {table.name: len(ids)})
    return {"imported": len(ids), "ids": ids}


def _contact(portal: Portal, key: Any) -> Record:
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
        note_event(doing, _contact(portal, row["contact"]), sent)
    _note(world, "events", {"events": len(body["events"])})
    return {"imported": len(body["events"])}


def _note(world: World, what: str, after: Body) -> None:
    recorder = world.recorder("import")
    recorder.record("imported", lambda: None, api="hubspot", after=after)
    call = {"via": "control", "api": "hubspot", "method": "POST", "path": f"hubspot/{what}"}
    world.write({**call, "body": None, "write": True}, recorder)


def person(world: World, body: Body) -> Body:
    """Something that the person, or an admin in the web page, does."""
    portal, email = world.portal, body["email"].strip().lower()
    actor, action = body.get("by", "person"), body["action"]
    if actor not in ("person", "admin") or action not in ACTIONS:
        raise ValueError(f"no such act: {action} by {actor}; there are {', '.join(ACTIONS)}")
    record = None if action in ("create", "opt_in", "opt_out") else _contact(portal, email)
    world.act(
        actor,
        f"hubspot/{action}",
        {k: v for k, v in body.items() if k != "email"},
        lambda recorder: _act(
            Doing(portal, recorder, world.clock.tick()), action, email, record, body
        ),
    )
    return {"done": action}


def _act(doing: Doing, action: str, email: str, record: Record | None, body: Body) -> None:
    table = doing.portal.tables["contacts"]
    values = {name: str(value) for name, value in body.get("properties", {}).items()}
    if action == "create":
        effects.create(doing, table, {"email": email, **values})
    elif action == "opt_in":
        choose(doing, email, int(body.get("type", MARKETING)), "SUBSCRIBED")
    elif action == "opt_out" and "type" in body:
        choose(doing, email, int(body["type"]), "UNSUBSCRIBED")
    elif action == "opt_out":
        opt_out_of_all(doing, email)
    elif record is not None and action == "write":
        effects.write(doing, table, record, values)
    elif record is not None:
        change = effects.archive if action == "archive" else effects.erase
        change(doing, table, record)


def set_failures(world: World, body: Body) -> Body:
    """Replaces the failures of this API and their counts."""
    world.portal.failures = failures = parse(body, HUBSPOT_KINDS)
    return {"set": sorted(failures.rates) + [rule.kind for rule in failures.script]}


def set_settings(world: World, body: Body) -> Body:
    """Sets limits, tokens, and what is unverified about the real API. Others stay."""
    settings = world.portal.settings
    names = {field.name for field in fields(settings)}
    if unknown := set(body) - names:
        raise ValueError(f"no such setting: {sorted(unknown)}; there are {sorted(names)}")
    for name, value in body.items():
        if name == "limits":
            if value.get("time", "clock") not in ("clock", "real", "off"):
                raise ValueError("time is clock, real or off")
            held = {f.name: getattr(settings.limits, f.name) for f in fields(settings.limits)}
            settings.limits = Limits(**{**held, **value})
            world.portal.stamps.clear()
        else:
            setattr(settings, name, value)
    return {"set": sorted(body)}


def add_types(world: World, body: Body) -> Body:
    """Adds subscription types, each with the property that shows who has opted out of it."""
    portal = world.portal
    for row in body["types"]:
        kind = SubscriptionType(int(row["id"]), row["name"], row.get("description", ""))
        add_type(portal, kind)
    return {"types": sorted(portal.subscription_types)}


def add_emails(world: World, body: Body) -> Body:
    """Adds published e-mails."""
    for row in body["emails"]:
        world.portal.emails[int(row["id"])] = {"transactional": bool(row["transactional"])}
    return {"emails": sorted(world.portal.emails)}


_POSTS: dict[str, Callable[[World, Body], Body]] = {
    "contacts": import_contacts,
    "objects": import_objects,
    "events": import_events,
    "person": person,
    "failures": set_failures,
    "settings": set_settings,
    "types": add_types,
    "emails": add_emails,
}
