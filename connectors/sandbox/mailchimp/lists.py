"""Audiences: what each is, and the batch that subscribes or updates up to 500 members at once."""

from typing import Any

from connectors.sandbox.clock import iso
from connectors.sandbox.mailchimp import effects
from connectors.sandbox.mailchimp.member_body import (
    MEMBER_KINDS,
    attributes,
    check_email,
    check_status,
    check_way_back,
)
from connectors.sandbox.mailchimp.member_view import view_in_bulk
from connectors.sandbox.mailchimp.members import audience_of
from connectors.sandbox.mailchimp.state import Account, Audience, Member
from connectors.sandbox.mailchimp.values import require, taken
from connectors.sandbox.mailchimp.wire import (
    MOST_MEMBERS,
    Answer,
    Problem,
    Request,
    body_of,
    invalid,
    known,
    page,
)


def ping(_account: Account, _request: Request) -> Answer:
    """GET /ping."""
    return Answer(200, {"health_status": "Everything's Chimpy!"})


def _view(audience: Audience) -> dict[str, Any]:
    statuses = [member.status for member in audience.members.values()]
    return {
        "id": audience.id,
        "web_id": 1,
        "name": audience.name,
        "permission_reminder": "You signed up on our site.",
        "use_archive_bar": True,
        "notify_on_subscribe": "",
        "notify_on_unsubscribe": "",
        "date_created": iso(audience.created_at),
        "list_rating": 0,
        "email_type_option": False,
        "visibility": "prv",
        "double_optin": False,
        "has_welcome": False,
        "marketing_permissions": bool(audience.permissions),
        "modules": [],
        "stats": {
            "member_count": statuses.count("subscribed"),
            "total_contacts": len(statuses),
            "unsubscribe_count": statuses.count("unsubscribed"),
            "cleaned_count": statuses.count("cleaned"),
            "merge_field_count": len(audience.merge_fields),
        },
        "_links": [],
    }


def root(account: Account, _request: Request) -> Answer:
    """GET / tells of the account."""
    members = sum(len(audience.members) for audience in account.audiences.values())
    return Answer(
        200,
        {
            "account_id": "a1",
            "account_name": "Shop",
            "role": "owner",
            "pricing_plan_type": account.holdings.plan,
            "total_subscribers": members,
            "_links": [],
        },
    )


def list_webhooks(account: Account, request: Request) -> Answer:
    """GET the webhooks of an audience. They are made by the control alone."""
    audience = audience_of(account, request)
    rows = [{**row, "list_id": audience.id, "_links": []} for row in audience.webhooks]
    return page(request, "webhooks", rows, lambda row: row, list_id=audience.id)


def list_lists(account: Account, request: Request) -> Answer:
    """GET all audiences."""
    rows = list(account.audiences.values())
    if email := request.query.get("email"):
        rows = [audience for audience in rows if audience.find(email)]
    return page(request, "lists", rows, _view)


def get_list(account: Account, request: Request) -> Answer:
    """GET one audience."""
    return Answer(200, _view(audience_of(account, request)))


def batch_subscribe(account: Account, request: Request) -> Answer:
    """POST /lists/{id}: up to 500 members, each created or, with `update_existing`, changed.

    Without `status` (unverified): a member who is there keeps theirs and has the rest written; one
    who is not there becomes an error. `tags` in a member are ignored; the published schema has
    none, though it has `sync_tags`.
    """
    audience = audience_of(account, request)
    kinds = {"members": "array", "update_existing": "boolean", "sync_tags": "boolean"}
    body = body_of(request, kinds, ("members",))
    rows = _checked_rows(body["members"])
    created: list[Member] = []
    updated: list[Member] = []
    errors: list[dict[str, str]] = []
    seen: set[str] = set()
    for row in rows:
        email = row.get("email_address", "")
        try:
            if email.lower() in seen and not request.flag("skip_duplicate_check"):
                raise Problem(400, "Duplicate", "Duplicate items found in import.")
            if email.lower() in seen:
                continue
            seen.add(email.lower())
            new, member = _subscribe(audience, request, row, body.get("update_existing", False))
            (created if new else updated).append(member)
        except Problem as problem:
            errors.append(_error(email, problem))
    answer = {
        "new_members": [view_in_bulk(audience, member) for member in created],
        "updated_members": [view_in_bulk(audience, member) for member in updated],
        "errors": errors,
        "total_created": len(created),
        "total_updated": len(updated),
        "error_count": len(errors),
        "_links": [],
    }
    return Answer(200, answer)


def _checked_rows(members: list[Any]) -> list[dict[str, Any]]:
    if len(members) > MOST_MEMBERS:
        raise invalid(("members", f"Please provide at most {MOST_MEMBERS} members."))
    rows = [
        known(row, MEMBER_KINDS, at=f"members.item:{number}.") for number, row in enumerate(members)
    ]
    for number, row in enumerate(rows):
        check_status(row.get("status"), f"members.item:{number}.status")
    return rows


def _subscribe(
    audience: Audience, request: Request, row: dict[str, Any], update: bool
) -> tuple[bool, Member]:
    """One member of the batch; True where created. Everything is checked before anything moves."""
    email = check_email(row.get("email_address", ""))
    member = audience.find(email)
    status = row.get("status")
    if member and member.status != "archived" and not update:
        raise Problem(400, "ERROR_CONTACT_EXISTS", f"{email} is already a list member.")
    if member is None and status is None:
        raise Problem(400, "ERROR_GENERIC", "A status is needed for a new member.")
    fields = taken(audience, row.get("merge_fields", {}))
    if not request.flag("skip_merge_validation"):
        require(audience, member, fields)
    if status:
        check_way_back(audience, member, email, status)
    kept = member or audience.new_member(email, str(status), request.recorder.tick())
    values = attributes(audience, kept, row)
    if member is None:
        effects.create(audience, request.recorder, kept)
    elif status:
        effects.set_status(audience, request.recorder, kept, status)
    effects.write_fields(audience, request.recorder, kept, fields)
    effects.write_attributes(audience, request.recorder, kept, values)
    return member is None, kept


def _error(email: str, problem: Problem) -> dict[str, str]:
    first = (problem.body.get("errors") or [{}])[0]
    exists = problem.body["title"] == "ERROR_CONTACT_EXISTS"
    return {
        "email_address": email,
        "error": problem.body["detail"],
        "error_code": "ERROR_CONTACT_EXISTS" if exists else "ERROR_GENERIC",
        "field": first.get("field", ""),
        "field_message": first.get("message", ""),
    }
