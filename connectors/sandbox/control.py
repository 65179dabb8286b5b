"""What tests and demos ask of the sandbox itself, below /_sandbox/. None of it is in the real API.

POST members   {list?, members: [{email, status?, left_by?, merge_fields?, tags?, language?,
               location?, timestamp?, interests?, permissions?}]}: imports thousands; one ledger entry
POST person    {list?, email, action, by?: person|admin, merge_fields?, tag?}; action is one of
               subscribe, unsubscribe, clean, archive, erase, write, tag or untag
POST clock     {now: ISO} or {advance: seconds}; jobs under way finish
POST failures  {seed, rates, script, delay, polls}: replaces what was set
POST options   {list?, tags_move_last_changed}
POST deliver   sends audience webhooks: see `mailchimp.webhooks`
GET  ledger    ?after=n
GET  state     counts per audience
POST reset     a new account; the ledger stays

Names that begin with hubspot/ are in `hubspot.control`, with mailchimp/ in `mailchimp.control`.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from connectors.sandbox import failures
from connectors.sandbox.clock import fine, iso, micros
from connectors.sandbox.hubspot import control as hubspot
from connectors.sandbox.hubspot import webhooks as hubspot_webhooks
from connectors.sandbox.jobs import finish_all
from connectors.sandbox.ledger import Recorder
from connectors.sandbox.mailchimp import control as mailchimp
from connectors.sandbox.mailchimp import effects, webhooks
from connectors.sandbox.mailchimp.state import Audience, Member
from connectors.sandbox.mailchimp.tags import tag_by_name
from connectors.sandbox.world import LIST, World

type Body = dict[str, Any]


def control(world: World, method: str, name: str, query: dict[str, str], body: Body) -> Any:
    """The answer's JSON. Raises LookupError for what does not exist, ValueError for nonsense."""
    if method == "POST" and name in _OUTGOING:  # not under the lock: what they call may call back
        return _OUTGOING[name](world, body)
    with world.lock:
        if (method, name) == ("GET", "ledger"):
            return world.ledger.after(int(query.get("after", 0)))
        if (method, name) == ("GET", "state"):
            return state(world)
        if name.startswith(hubspot.PREFIX):
            return hubspot.control(world, method, name.removeprefix(hubspot.PREFIX), body)
        if name.startswith(mailchimp.PREFIX):
            name = name.removeprefix(mailchimp.PREFIX)
            return mailchimp.control(world, method, name, body)
        if method != "POST" or name not in _POSTS:
            raise LookupError(f"no such control: {method} {name}")
        return _POSTS[name](world, body)


def state(world: World) -> Body:
    """Counts per audience, the clock, and jobs under way."""
    lists = {
        audience.id: {
            "members": len(audience.members),
            "statuses": dict(Counter(m.status for m in audience.members.values())),
            "merge_fields": [column.tag for column in audience.merge_fields.values()],
            "tags": {s.name: len(s.members) for s in audience.segments.values()},
        }
        for audience in world.account.audiences.values()
    }
    return {
        "clock": fine(world.clock.now),
        "lists": lists,
        "batches_under_way": sum(not b.finished for b in world.account.batches.values()),
        "ledger": len(world.ledger.entries),
    }


def import_members(world: World, body: Body) -> Body:
    """Adds members as an import by the shop would, without a ledger entry for each."""
    audience = world.audience(body.get("list", LIST))
    recorder = world.recorder("import")
    now = world.clock.tick()
    for row in body["members"]:
        _import_one(audience, recorder, row, now)
    count = len(body["members"])
    recorder.effects.clear()
    recorder.record("imported", lambda: None, list=audience.id, after={"members": count})
    call = {"via": "control", "method": "POST", "path": "members", "body": None, "write": True}
    world.write(call, recorder)
    return {"list": audience.id, "imported": count}


def _import_one(audience: Audience, recorder: Recorder, row: Body, now: int) -> None:
    member = audience.find(row["email"])
    if member is None:
        member = audience.new_member(row["email"], row.get("status", "subscribed"), 0)
        member.last_changed = member.timestamp_signup = now
        audience.members[member.id] = member
        audience.by_contact[member.contact_id] = member.id
    member.status = row.get("status", member.status)
    member.left_by = row.get("left_by", member.left_by)
    member.language = row.get("language", member.language)
    member.location = row.get("location", member.location)
    member.interests = {**member.interests, **row.get("interests", {})}
    member.permissions = {**member.permissions, **row.get("permissions", {})}
    member.merge_fields = {**member.merge_fields, **row.get("merge_fields", {})}
    if "timestamp" in row:
        member.last_changed = member.timestamp_signup = micros(row["timestamp"])
    if member.status == "subscribed":
        member.timestamp_opt = member.timestamp_signup
    for name in row.get("tags", ()):
        segment = tag_by_name(audience, recorder, name)
        member.tags[segment.id] = member.last_changed
        segment.members[member.id] = None
    audience.version += 1


def person(world: World, body: Body) -> Body:
    """Something that the person, or an admin in the web page, does."""
    audience = world.audience(body.get("list", LIST))
    actor, action = body.get("by", "person"), body["action"]
    if actor not in ("person", "admin") or action not in ACTIONS:
        raise ValueError(f"no such act: {action} by {actor}; there are {', '.join(ACTIONS)}")
    member = audience.find(body["email"])
    if member is None and action != "subscribe":
        raise LookupError("no such member")
    world.act(actor, action, body, lambda recorder: _act(audience, recorder, member, action, body))
    return {"done": action}


_STATUS = {"unsubscribe": "unsubscribed", "clean": "cleaned", "archive": "archived"}
ACTIONS = ("subscribe", *_STATUS, "erase", "write", "tag", "untag")


def _act(
    audience: Audience, recorder: Recorder, member: Member | None, action: str, body: Body
) -> None:
    if member is None:
        member = audience.new_member(body["email"], "subscribed", recorder.tick())
        audience.forgotten.discard(member.id)
        effects.create(audience, recorder, member)
    elif action == "subscribe":
        effects.set_status(audience, recorder, member, "subscribed")
    elif action in _STATUS:
        effects.set_status(audience, recorder, member, _STATUS[action])
    elif action == "erase":
        effects.erase(audience, recorder, member)
    elif action in ("tag", "untag"):
        segment = tag_by_name(audience, recorder, body["tag"])
        change = effects.add_tag if action == "tag" else effects.remove_tag
        change(audience, recorder, member, segment)
    effects.write_fields(audience, recorder, member, body.get("merge_fields", {}))


def set_clock(world: World, body: Body) -> Body:
    """Finishes the jobs under way, at the old time, then moves the clock."""
    finish_all(world)
    if "now" in body:
        world.clock.set(micros(body["now"]))
    else:
        world.clock.set(world.clock.now + int(float(body["advance"]) * 1_000_000))
    return {"now": iso(world.clock.now)}


def set_failures(world: World, body: Body) -> Body:
    """Replaces the failures and their counts."""
    world.failures = failures.parse(body)
    return {"set": sorted(world.failures.rates) + [r.kind for r in world.failures.script]}


def set_options(world: World, body: Body) -> Body:
    """Sets what is unverified about the real API the other way."""
    audience = world.audience(body.get("list", LIST))
    audience.tags_move_last_changed = bool(body["tags_move_last_changed"])
    return {"list": audience.id, "tags_move_last_changed": audience.tags_move_last_changed}


def reset(world: World, _: Body) -> Body:
    """Forgets the account and the failures."""
    world.reset()
    world.failures = failures.Failures(seed=world.failures.seed)
    return {"done": "reset"}


_POSTS: dict[str, Callable[[World, Body], Body]] = {
    "members": import_members,
    "person": person,
    "clock": set_clock,
    "failures": set_failures,
    "options": set_options,
    "reset": reset,
}
_OUTGOING: dict[str, Callable[[World, Body], Body]] = {
    "deliver": webhooks.deliver,
    "hubspot/deliver": hubspot_webhooks.deliver,
    "hubspot/execute": hubspot_webhooks.execute,
}
