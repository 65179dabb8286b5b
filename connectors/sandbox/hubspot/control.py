"""What tests and demos ask of the HubSpot portal itself, below /_sandbox/hubspot/.

POST contacts  {contacts: [{email, properties?, timestamp?, opted_out?: true | [type ids],
               subscribed?: [type ids]}]}: imports thousands; one ledger entry
POST objects   {type, records: [{properties, timestamp?, contact?: address or id, links?: [[type,
               id]]}]}: the same for orders, carts, feedback and so on; HubSpot's own read-only
               values may be given
POST events    {events: [{eventType, contact, occurredAt?, properties?}]}: what people did
POST email_events  {events: [{type, recipient, timestamp?, campaign?, url?, city?, filtered?}]}
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

from connectors.sandbox.failures import HUBSPOT_KINDS, parse
from connectors.sandbox.hubspot import effects
from connectors.sandbox.hubspot.catalogue import add_type
from connectors.sandbox.hubspot.effects_sends import choose, opt_out_of_all
from connectors.sandbox.hubspot.imports import (
    contact_of,
    import_contacts,
    import_email_events,
    import_events,
    import_objects,
)
from connectors.sandbox.hubspot.settings import Limits
from connectors.sandbox.hubspot.state import MARKETING, Portal, Record, SubscriptionType
from connectors.sandbox.hubspot.wire import Doing
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


def person(world: World, body: Body) -> Body:
    """Something that the person, or an admin in the web page, does."""
    portal, email = world.portal, body["email"].strip().lower()
    actor, action = body.get("by", "person"), body["action"]
    if actor not in ("person", "admin") or action not in ACTIONS:
        raise ValueError(f"no such act: {action} by {actor}; there are {', '.join(ACTIONS)}")
    record = None if action in ("create", "opt_in", "opt_out") else contact_of(portal, email)
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
    "email_events": import_email_events,
    "person": person,
    "failures": set_failures,
    "settings": set_settings,
    "types": add_types,
    "emails": add_emails,
}
