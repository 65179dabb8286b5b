"""What tests and demos ask of the sandbox's Mailchimp beside its members, below
/_sandbox/mailchimp/. None of it is in the real API. `list` is the audience's id.

POST journey      {id, step, list?, state?: active|paused|draft, again?}
POST group        {title, type?, names, list?}; answers {id, names: {name: interest id}}
POST permissions  {ids, list?}: the audience asks for these marketing permissions
POST store        {id?, list?, currency?, customers?, orders?, carts?, products?: rows as the API
                  shows them, drop?: {kind: ids}}
POST campaign     {id?, list?, emails?, bounced?}: it is sent
POST activity     {campaign, email, action: open|click|bounce, url?, at?: ISO}
POST survey       {id, list?, title?, responses?: [{id, at: ISO, email?, results: [{question_id,
                  question_type, query, answer}]}]}
POST webhook      {url, events?: names, sources?: [user, admin, api], list?}
POST account      {plan: monthly|pay_as_you_go|forever_free}
POST mail         {templates?: {slug: {published?, subject?, from_email?, from_name?}},
                  rejects?: {address: reason}, keys?, queued?: reason, late?: count}
"""

from collections.abc import Callable
from typing import Any

from connectors.sandbox.clock import fine, iso
from connectors.sandbox.mailchimp.holdings import (
    Campaign,
    Journey,
    Recipient,
    Step,
    Store,
    Survey,
)
from connectors.sandbox.mailchimp.state import Category, hashed
from connectors.sandbox.world import LIST, World

type Body = dict[str, Any]

PREFIX = "mailchimp/"


def control(world: World, method: str, name: str, body: Body) -> Any:
    """The answer's JSON. Raises LookupError for what does not exist, ValueError for nonsense."""
    if method != "POST" or name not in _POSTS:
        raise LookupError(f"no such control: {method} {PREFIX}{name}")
    return _POSTS[name](world, body)


def journey(world: World, body: Body) -> Body:
    """Makes a step of a journey, or changes its state."""
    list_id = world.audience(body.get("list", LIST)).id
    held = world.account.holdings.journeys.setdefault(body["id"], Journey(body["id"], list_id))
    step = held.steps.setdefault(body["step"], Step())
    step.state, step.again = body.get("state", step.state), body.get("again", step.again)
    return {"id": held.id, "step": body["step"], "state": step.state}


def mail(world: World, body: Body) -> Body:
    """Sets what is given of the transactional side; templates and rejects are added."""
    held = world.account.holdings.mail
    now = fine(world.clock.now)
    for slug, template in body.get("templates", {}).items():
        held.templates[slug] = {"created": now, "published": now, **template}
    held.rejects |= {address.lower(): why for address, why in body.get("rejects", {}).items()}
    for name in {"keys", "queued", "late"} & set(body):
        setattr(held, name, body[name])
    return {"templates": sorted(held.templates), "rejects": len(held.rejects)}


def group(world: World, body: Body) -> Body:
    """Makes a group; the answer has the id of each name."""
    audience = world.audience(body.get("list", LIST))
    number = len(audience.categories) + 1
    ids = {name: f"{number:02x}{n:08x}" for n, name in enumerate(body["names"], 1)}
    made = Category(f"{number:010x}", body["title"], body.get("type", "checkboxes"))
    made.interests = {id: name for name, id in ids.items()}
    audience.categories[made.id] = made
    return {"id": made.id, "names": ids}


def permissions(world: World, body: Body) -> Body:
    """Makes the audience ask for these marketing permissions."""
    audience = world.audience(body.get("list", LIST))
    audience.permissions = list(body["ids"])
    return {"list": audience.id, "ids": audience.permissions}


def store(world: World, body: Body) -> Body:
    """Makes a store, and puts rows into it; one with a known id stands in the old one's place."""
    list_id, moment = world.audience(body.get("list", LIST)).id, world.clock.tick()
    id = body.get("id", "shop")
    new = Store(id, list_id, body.get("currency", "EUR"), moment)
    held = world.account.holdings.stores.setdefault(id, new)
    for kind in ("customers", "orders", "carts", "products"):
        rows: dict[str, Any] = getattr(held, kind)
        rows.update({row["id"]: row for row in body.get(kind, ())})
        for gone in body.get("drop", {}).get(kind, ()):
            rows.pop(gone)
    return {"id": held.id, "orders": len(held.orders), "products": len(held.products)}


def campaign(world: World, body: Body) -> Body:
    """Sends a campaign, to all who are subscribed unless the addresses are given."""
    audience, moment = world.audience(body.get("list", LIST)), world.clock.tick()
    held = world.account.holdings.campaigns
    made = Campaign(body.get("id", f"{len(held) + 1:010x}"), audience.id, "News", moment)
    able = [m for m in audience.members.values() if m.status == "subscribed"]
    wanted = body.get("emails", [member.email_address for member in able])
    bounced = set(body.get("bounced", ()))
    for email in wanted:
        status = "hard" if email in bounced else "sent"
        made.recipients[hashed(email)] = Recipient(email, status)
    held[made.id] = made
    return {"id": made.id, "sent": len(made.recipients)}


def activity(world: World, body: Body) -> Body:
    """Somebody opens a campaign or clicks in it."""
    held = world.account.holdings.campaigns[body["campaign"]]
    act = {"action": body["action"], "timestamp": body.get("at") or iso(world.clock.tick())}
    if "url" in body:
        act["url"] = body["url"]
    held.recipients[hashed(body["email"])].activity.append(act)
    return act


def survey(world: World, body: Body) -> Body:
    """Makes a survey, and puts responses into it."""
    list_id, moment = world.audience(body.get("list", LIST)).id, world.clock.tick()
    new = Survey(body["id"], list_id, body.get("title", "Survey"), moment)
    held = world.account.holdings.surveys.setdefault(body["id"], new)
    held.responses.update({row["id"]: row for row in body.get("responses", ())})
    return {"id": held.id, "responses": len(held.responses)}


EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")


def webhook(world: World, body: Body) -> Body:
    """Registers a webhook; nothing is called by it (see `deliver`)."""
    audience = world.audience(body.get("list", LIST))
    events, sources = body.get("events", EVENTS), body.get("sources", ["user", "admin"])
    made = {
        "id": f"{len(audience.webhooks) + 1:010x}",
        "url": body["url"],
        "events": {name: name in events for name in EVENTS},
        "sources": {name: name in sources for name in ("user", "admin", "api")},
    }
    audience.webhooks.append(made)
    return made


def account(world: World, body: Body) -> Body:
    """Sets the account's plan."""
    world.account.holdings.plan = body["plan"]
    return {"plan": world.account.holdings.plan}


_POSTS: dict[str, Callable[[World, Body], Body]] = {
    "journey": journey,
    "mail": mail,
    "webhook": webhook,
    "account": account,
    "store": store,
    "campaign": campaign,
    "activity": activity,
    "survey": survey,
    "group": group,
    "permissions": permissions,
}
