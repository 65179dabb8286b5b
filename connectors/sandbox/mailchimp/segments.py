"""Static segments, which marketers see as tags. Saved (conditional) segments are not modelled."""

from typing import Any

from connectors.sandbox.clock import iso
from connectors.sandbox.mailchimp import effects, effects_setup
from connectors.sandbox.mailchimp.member_view import view_in_bulk, view_in_segment
from connectors.sandbox.mailchimp.members import audience_of
from connectors.sandbox.mailchimp.state import Account, Audience, Member, Segment
from connectors.sandbox.mailchimp.tags import check_name
from connectors.sandbox.mailchimp.wire import (
    MOST_MEMBERS,
    Answer,
    Problem,
    Request,
    body_of,
    invalid,
    missing,
    page,
    refused,
)

ACTIVE = frozenset({"subscribed"})
_ALSO = {
    "include_unsubscribed": "unsubscribed",
    "include_cleaned": "cleaned",
    "include_transactional": "transactional",
}


def _statuses(request: Request) -> frozenset[str]:
    return ACTIVE | {status for flag, status in _ALSO.items() if request.flag(flag)}


def _view(audience: Audience, segment: Segment, statuses: frozenset[str]) -> dict[str, Any]:
    members = audience.members
    return {
        "id": segment.id,
        "name": segment.name,
        "member_count": sum(members[m].status in statuses for m in segment.members),
        "type": "static",
        "created_at": iso(segment.created_at),
        "updated_at": iso(segment.updated_at),
        "options": {"match": "any", "conditions": []},
        "list_id": audience.id,
        "_links": [],
    }


def _segment_of(account: Account, request: Request) -> tuple[Audience, Segment]:
    audience = audience_of(account, request)
    key = request.ids["segment"]
    segment = audience.segments.get(int(key)) if key.isdigit() else None
    if segment is None:
        raise missing()
    return audience, segment


def list_segments(account: Account, request: Request) -> Answer:
    """GET; ten at a time unless a count is given."""
    audience, statuses = audience_of(account, request), _statuses(request)
    rows = list(audience.segments.values())
    if request.query.get("type", "static") != "static":
        rows = []
    for name in ("created_at", "updated_at"):
        since, before = request.moment(f"since_{name}"), request.moment(f"before_{name}")
        rows = [row for row in rows if since is None or getattr(row, name) > since]
        rows = [row for row in rows if before is None or getattr(row, name) < before]
    return page(
        request,
        "segments",
        rows,
        lambda segment: _view(audience, segment, statuses),
        list_id=audience.id,
    )


def get_segment(account: Account, request: Request) -> Answer:
    """GET one by its number."""
    audience, segment = _segment_of(account, request)
    return Answer(200, _view(audience, segment, _statuses(request)))


def _emails(body: dict[str, Any], name: str) -> list[str]:
    emails: list[str] = body.get(name, [])
    if len(emails) > MOST_MEMBERS:
        raise invalid((name, f"Please provide at most {MOST_MEMBERS} addresses."))
    for number, email in enumerate(emails):
        if not isinstance(email, str):
            raise invalid((f"{name}.item:{number}", "Schema describes string, other type found"))
    return emails


def create_segment(account: Account, request: Request) -> Answer:
    """POST with `static_segment`, a list of addresses that may be empty. That it takes at most 500
    of them is unverified."""
    audience = audience_of(account, request)
    kinds = {"name": "string", "static_segment": "array", "options": "object"}
    body = body_of(request, kinds, ("name",))
    if "static_segment" not in body:
        raise Problem(501, "Not Modelled", "The sandbox has static segments only.")
    emails, name = _emails(body, "static_segment"), check_name(body["name"])
    if audience.segment_named(name):
        raise refused("Sorry, that tag already exists.")
    segment = effects_setup.add_segment(audience, request.recorder, name)
    _put(audience, request, segment, emails, wanted=True)
    return Answer(200, _view(audience, segment, ACTIVE))


def change_segment(account: Account, request: Request) -> Answer:
    """PATCH: another name, or exactly these members."""
    audience, segment = _segment_of(account, request)
    body = body_of(request, {"name": "string", "static_segment": "array"}, ("name",))
    name = check_name(body["name"])
    if (audience.segment_named(name) or segment) is not segment:
        raise refused("Sorry, that tag already exists.")
    effects_setup.rename_segment(audience, request.recorder, segment, name)
    if "static_segment" in body:
        emails = _emails(body, "static_segment")
        stay = {member.id for email in emails if (member := audience.find(email))}
        for member_id in [held for held in segment.members if held not in stay]:
            effects.remove_tag(audience, request.recorder, audience.members[member_id], segment)
        _put(audience, request, segment, emails, wanted=True)
    return Answer(200, _view(audience, segment, ACTIVE))


def delete_segment(account: Account, request: Request) -> Answer:
    """DELETE: the tag goes from everyone."""
    audience, segment = _segment_of(account, request)
    effects_setup.drop_segment(audience, request.recorder, segment)
    return Answer(204)


def _put(
    audience: Audience, request: Request, segment: Segment, emails: list[str], wanted: bool
) -> tuple[list[Member], list[str]]:
    """Tags or untags; returns the members touched and the addresses that are not on the list.
    An archived contact is not on the list; one who unsubscribed is (unverified)."""
    touched, unknown = [], []
    change = effects.add_tag if wanted else effects.remove_tag
    for email in emails:
        member = audience.find(email) if "@" in email else None
        if member is None or member.status == "archived":
            unknown.append(email)
        elif change(audience, request.recorder, member, segment):
            touched.append(member)
    return touched, unknown


def batch_members(account: Account, request: Request) -> Answer:
    """POST: adds and removes up to 500 addresses each; unknown ones are told among the errors and
    create nobody."""
    audience, segment = _segment_of(account, request)
    body = body_of(request, {"members_to_add": "array", "members_to_remove": "array"})
    to_add, to_remove = _emails(body, "members_to_add"), _emails(body, "members_to_remove")
    added, unknown = _put(audience, request, segment, to_add, wanted=True)
    removed, not_there = _put(audience, request, segment, to_remove, wanted=False)
    errors = [
        {"email_addresses": group, "error": "Email addresses do not exist on the list"}
        for group in (unknown, not_there)
        if group
    ]
    answer = {
        "members_added": [view_in_bulk(audience, member) for member in added],
        "members_removed": [view_in_bulk(audience, member) for member in removed],
        "errors": errors,
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": len(unknown) + len(not_there),
        "_links": [],
    }
    return Answer(200, answer)


def segment_members(account: Account, request: Request) -> Answer:
    """GET the members: those who can be sent to, others where asked for, archived ones never."""
    audience, segment = _segment_of(account, request)
    statuses = _statuses(request)
    rows = [
        member
        for member_id in segment.members
        if (member := audience.members[member_id]).status in statuses
    ]
    return page(request, "members", rows, lambda member: view_in_segment(audience, member))


def add_segment_member(account: Account, request: Request) -> Answer:
    """POST one address."""
    audience, segment = _segment_of(account, request)
    body = body_of(request, {"email_address": "string"}, ("email_address",))
    member = audience.find(body["email_address"])
    if member is None or member.status == "archived":
        raise missing()
    effects.add_tag(audience, request.recorder, member, segment)
    return Answer(200, view_in_segment(audience, member))


def remove_segment_member(account: Account, request: Request) -> Answer:
    """DELETE one member from the segment, not from the audience."""
    audience, segment = _segment_of(account, request)
    member = audience.find(request.ids["member"])
    if member is None or member.id not in segment.members:
        raise missing()
    effects.remove_tag(audience, request.recorder, member, segment)
    return Answer(204)
