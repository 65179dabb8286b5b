"""Member events. They start automations, unless `is_syncing`. One for somebody who has left is taken
all the same; that nobody sends any is the caller's duty."""

from connectors.sandbox.clock import iso
from connectors.sandbox.mailchimp import effects
from connectors.sandbox.mailchimp.members import member_of
from connectors.sandbox.mailchimp.state import Account, Event
from connectors.sandbox.mailchimp.wire import Answer, Request, body_of, invalid, page, when

_KINDS = {
    "name": "string",
    "properties": "object",
    "is_syncing": "boolean",
    "occurred_at": "string",
}


def add_event(account: Account, request: Request) -> Answer:
    """POST: 204. Names have 2 to 30 characters; the values of properties are text."""
    audience, member = member_of(account, request)
    body = body_of(request, _KINDS, ("name",))
    if not 2 <= len(body["name"]) <= 30:
        raise invalid(("name", "Event names must be 2 to 30 characters in length."))
    properties = body.get("properties", {})
    for key, value in properties.items():
        if not isinstance(value, str):
            raise invalid((f"properties.{key}", "Schema describes string, other type found"))
    moment = request.recorder.tick()
    if "occurred_at" in body:
        moment = when(body["occurred_at"], "occurred_at")
    event = Event(body["name"], moment, properties, body.get("is_syncing", False))
    effects.add_event(audience, request.recorder, member, event)
    return Answer(204)


def list_events(account: Account, request: Request) -> Answer:
    """GET, newest first."""
    _, member = member_of(account, request)
    rows = sorted(member.events, key=lambda event: -event.occurred_at)

    def show(event: Event) -> dict[str, object]:
        return {
            "name": event.name,
            "occurred_at": iso(event.occurred_at),
            "properties": event.properties,
        }

    return page(request, "events", rows, show)
