"""Tags of one member. A tag is a static segment; one that is not there yet is made."""

from connectors.sandbox.clock import iso
from connectors.sandbox.ledger import Recorder
from connectors.sandbox.mailchimp import effects
from connectors.sandbox.mailchimp.effects_setup import add_segment
from connectors.sandbox.mailchimp.state import Account, Audience, Segment
from connectors.sandbox.mailchimp.wire import (
    Answer,
    Request,
    body_of,
    invalid,
    known,
    missing,
    page,
)

NAME_CHARS = 100


def check_name(name: object) -> str:
    """A tag's name: text of 1 to 100 characters."""
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_CHARS:
        raise invalid(("name", f"Please enter a name of 1 to {NAME_CHARS} characters."))
    return name


def tag_by_name(audience: Audience, recorder: Recorder, name: object) -> Segment:
    """The tag of that name, made where there is none."""
    wanted = check_name(name)
    return audience.segment_named(wanted) or add_segment(audience, recorder, wanted)


def list_member_tags(account: Account, request: Request) -> Answer:
    """GET the tags of a member."""
    audience = account.audiences.get(request.ids["list"])
    member = audience.find(request.ids["member"]) if audience else None
    if audience is None or member is None:
        raise missing()
    rows = [
        {"id": number, "name": audience.segments[number].name, "date_added": iso(since)}
        for number, since in member.tags.items()
    ]
    return page(request, "tags", rows, lambda row: row)


def write_member_tags(account: Account, request: Request) -> Answer:
    """POST: active adds, inactive removes; one who has left is tagged all the same."""
    audience = account.audiences.get(request.ids["list"])
    member = audience.find(request.ids["member"]) if audience else None
    if audience is None or member is None:
        raise missing()
    body = body_of(request, {"tags": "array", "is_syncing": "boolean"}, ("tags",))
    wanted = [
        known(tag, {"name": "string", "status": "string"}, ("name", "status"), f"tags.item:{i}.")
        for i, tag in enumerate(body["tags"])
    ]
    for i, tag in enumerate(wanted):
        check_name(tag["name"])
        if tag["status"] not in ("active", "inactive"):
            raise invalid((f"tags.item:{i}.status", "Value must be 'active' or 'inactive'."))
    for tag in wanted:
        segment = audience.segment_named(tag["name"])
        if tag["status"] == "active":
            segment = segment or add_segment(audience, request.recorder, tag["name"])
            effects.add_tag(audience, request.recorder, member, segment)
        elif segment:
            effects.remove_tag(audience, request.recorder, member, segment)
    return Answer(204)


def search_tags(account: Account, request: Request) -> Answer:
    """GET tag-search: tags whose name starts with the text."""
    audience = account.audiences.get(request.ids["list"])
    if audience is None:
        raise missing()
    start = request.query.get("name", "").lower()
    tags = [
        {"id": segment.id, "name": segment.name}
        for segment in audience.segments.values()
        if segment.name.lower().startswith(start)
    ]
    return Answer(200, {"tags": tags, "total_items": len(tags)})
