"""What tests and demos ask of the sandbox's Mailchimp beside its members, below
/_sandbox/mailchimp/. None of it is in the real API. `list` is the audience's id.

POST journey      {id, step, list?, state?: active|paused|draft, again?}
POST group        {title, type?, names, list?}; answers {id, names: {name: interest id}}
POST permissions  {ids, list?}: the audience asks for these marketing permissions
POST mail         {templates?: {slug: {published?, subject?, from_email?, from_name?}},
                  rejects?: {address: reason}, keys?, queued?: reason, late?: count}
"""

from collections.abc import Callable
from typing import Any

from connectors.sandbox.clock import fine
from connectors.sandbox.mailchimp.holdings import Journey, Step
from connectors.sandbox.mailchimp.state import Category
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


_POSTS: dict[str, Callable[[World, Body], Body]] = {
    "journey": journey,
    "mail": mail,
    "group": group,
    "permissions": permissions,
}
