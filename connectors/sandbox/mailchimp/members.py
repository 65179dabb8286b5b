"""Members: pages of them, and each one by MD5 hash, address or contact id."""

from typing import Any

from connectors.sandbox.mailchimp import effects
from connectors.sandbox.mailchimp.member_body import (
    MEMBER_KINDS,
    attributes,
    check_email,
    check_status,
    check_way_back,
)
from connectors.sandbox.mailchimp.member_view import view
from connectors.sandbox.mailchimp.state import STATUSES, Account, Audience, Member, hashed
from connectors.sandbox.mailchimp.tags import tag_by_name
from connectors.sandbox.mailchimp.values import require, taken
from connectors.sandbox.mailchimp.wire import (
    Answer,
    Problem,
    Request,
    body_of,
    invalid,
    missing,
    page,
    refused,
)

SORTS = ("timestamp_opt", "timestamp_signup", "last_changed")


def audience_of(account: Account, request: Request) -> Audience:
    """The list that the path names."""
    audience = account.audiences.get(request.ids["list"])
    if audience is None:
        raise missing()
    return audience


def member_of(account: Account, request: Request) -> tuple[Audience, Member]:
    """The list and the member that the path names."""
    audience = audience_of(account, request)
    member = audience.find(request.ids["member"])
    if member is None:
        raise missing()
    return audience, member


def list_members(account: Account, request: Request) -> Answer:
    """GET. `since_last_changed` takes what changed after that second, not in it (unverified: the
    documents say "after"). Archived members come only when their status is asked for."""
    audience = audience_of(account, request)
    paging = ("offset", "count", "fields", "exclude_fields")
    asked = {name: value for name, value in request.query.items() if name not in paging}
    if audience.listed[0] != (audience.version, asked):
        audience.listed = (audience.version, asked), _listing(audience, request)
    rows = audience.listed[1]
    return page(
        request, "members", rows, lambda member: view(audience, member), list_id=audience.id
    )


def _listing(audience: Audience, request: Request) -> list[Member]:
    rows = _matching(audience, request)
    sort = request.query.get("sort_field")
    if sort is not None and sort not in SORTS:
        raise invalid(("sort_field", "Value must be one of the allowed values."))
    if sort == "last_changed":
        pass
    elif sort is None:
        rows = sorted(rows, key=lambda member: member.web_id)
    else:
        rows = sorted(rows, key=lambda member: getattr(member, sort) or 0)
    return rows[::-1] if request.query.get("sort_dir", "ASC").upper() == "DESC" else rows


def _matching(audience: Audience, request: Request) -> list[Member]:
    status = request.query.get("status")
    if status is not None and status not in STATUSES | {"archived"}:
        raise invalid(("status", "Value must be one of the allowed values."))
    rows = [
        member
        for member in audience.by_change()
        if (member.status == status if status else member.status != "archived")
    ]
    for name in SORTS:
        since, before = request.moment(f"since_{name}"), request.moment(f"before_{name}")
        if since is not None:
            rows = [m for m in rows if (getattr(m, name) or 0) // 10**6 > since // 10**6]
        if before is not None:
            rows = [m for m in rows if (getattr(m, name) or 0) // 10**6 < before // 10**6]
    if (unique := request.query.get("unique_email_id")) is not None:
        rows = [member for member in rows if member.id[:10] == unique]
    if "vip_only" in request.query and request.flag("vip_only"):
        rows = [member for member in rows if member.vip]
    return rows


def get_member(account: Account, request: Request) -> Answer:
    """GET one; an archived one is found too."""
    audience, member = member_of(account, request)
    return Answer(200, view(audience, member))


def add_member(account: Account, request: Request) -> Answer:
    """POST: creates, or brings an archived one back; 400 for one that is there."""
    audience = audience_of(account, request)
    body = body_of(request, {**MEMBER_KINDS, "tags": "array"}, ("email_address", "status"))
    email = check_email(body["email_address"])
    check_status(body["status"])
    member = audience.find(email)
    if member is not None and member.status != "archived":
        raise refused(
            f"{email} is already a list member. Use PUT to insert or update list members.",
            "Member Exists",
        )
    member = _arrive(audience, request, member, email, body["status"])
    _write(audience, request, member, body)
    for name in body.get("tags", []):
        effects.add_tag(
            audience, request.recorder, member, tag_by_name(audience, request.recorder, name)
        )
    return Answer(200, view(audience, member))


def _arrive(
    audience: Audience, request: Request, member: Member | None, email: str, status: str
) -> Member:
    """A new member, or an archived one back in that status."""
    check_way_back(audience, member, email, status)
    if member is not None:
        effects.set_status(audience, request.recorder, member, status)
        return member
    member = audience.new_member(email, status, request.recorder.tick())
    effects.create(audience, request.recorder, member)
    return member


def put_member(account: Account, request: Request) -> Answer:
    """PUT: creates with `status_if_new` or updates. An archived member counts as new (unverified),
    so this call can bring one back."""
    audience = audience_of(account, request)
    kinds = {**MEMBER_KINDS, "status_if_new": "string"}
    body = body_of(request, kinds, ("email_address",))
    for name in ("status", "status_if_new"):
        check_status(body.get(name), name)
    member = audience.find(request.ids["member"])
    if member is None or member.status == "archived":
        status = body.get("status_if_new", body.get("status"))
        if status is None:
            raise invalid(("status_if_new", "This value should not be blank."))
        email = check_email(body["email_address"])
        member = _arrive(audience, request, member or audience.find(email), email, status)
        body.pop("status", None)
    _write(audience, request, member, body)
    return Answer(200, view(audience, member))


def patch_member(account: Account, request: Request) -> Answer:
    """PATCH: updates one that exists. Merge fields of one who has left are written all the same,
    because the API does so; that nobody asks for it is the caller's duty."""
    audience, member = member_of(account, request)
    body = body_of(request, MEMBER_KINDS)
    if body.get("status") == "transactional":
        raise invalid(("status", "Value must be one of the allowed values."))
    check_status(body.get("status"))
    _write(audience, request, member, body)
    return Answer(200, view(audience, member))


def _write(audience: Audience, request: Request, member: Member, body: dict[str, Any]) -> None:
    fields = taken(audience, body.get("merge_fields", {}))
    if not request.flag("skip_merge_validation"):
        require(audience, member, fields)
    values = attributes(audience, member, body)
    if (status := body.get("status")) and status != member.status:
        check_way_back(audience, member, member.email_address, status)
        effects.set_status(audience, request.recorder, member, status)
    if (email := body.get("email_address")) and email.lower() != member.email_address.lower():
        _move(audience, request, member, check_email(email))
    effects.write_fields(audience, request.recorder, member, fields)
    effects.write_attributes(audience, request.recorder, member, values)


def _move(audience: Audience, request: Request, member: Member, email: str) -> None:
    if member.status != "subscribed":
        raise refused(
            f'This member\'s status is "{member.status}." '
            'You can only update email addresses for members with a status of "subscribed."'
        )
    if hashed(email) in audience.members or hashed(email) in audience.forgotten:
        raise invalid(("email address", "This address is already in this list."))
    effects.change_email(audience, request.recorder, member, email)


def archive_member(account: Account, request: Request) -> Answer:
    """DELETE: archives."""
    audience, member = member_of(account, request)
    if member.status == "archived":
        raise Problem(405, "Method Not Allowed", "This list member cannot be removed.")
    effects.set_status(audience, request.recorder, member, "archived")
    return Answer(204)


def erase_member(account: Account, request: Request) -> Answer:
    """POST actions/delete-permanent."""
    audience, member = member_of(account, request)
    effects.erase(audience, request.recorder, member)
    return Answer(204)
