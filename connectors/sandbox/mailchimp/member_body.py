"""What a member write may contain, and who may come back."""

import re
from typing import Any

from connectors.sandbox.mailchimp.state import STATUSES, Audience, Member, hashed
from connectors.sandbox.mailchimp.wire import Problem, invalid, known, refused, when

MEMBER_KINDS = {
    "email_address": "string",
    "status": "string",
    "email_type": "string",
    "merge_fields": "object",
    "interests": "object",
    "language": "string",
    "vip": "boolean",
    "location": "object",
    "marketing_permissions": "array",
    "ip_signup": "string",
    "timestamp_signup": "string",
    "ip_opt": "string",
    "timestamp_opt": "string",
}
_EMAIL = re.compile(r"[^@\s,;<>]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def check_email(email: str) -> str:
    """The address, if it looks like one. The real API also refuses addresses that look made up,
    example.com among them; the sandbox cannot, because it holds no others."""
    if not _EMAIL.fullmatch(email) or len(email) > 255:
        raise invalid(("email_address", "Please provide a valid email address."))
    return email


def check_status(status: str | None, name: str = "status") -> None:
    """Refuses a status that cannot be written; `archived` is one of those."""
    if status is not None and status not in STATUSES:
        raise invalid((name, "Data presented is not one of the accepted values."))


def check_way_back(audience: Audience, member: Member | None, email: str, status: str) -> None:
    """Refuses to subscribe those whom only their own act can bring back: bounced, unsubscribed by
    themselves, deleted for ever. One whom an admin or the API unsubscribed can be re-subscribed by
    anyone with a key, which is why no call of ours may try."""
    if member is None and hashed(email) in audience.forgotten:
        raise Problem(
            400,
            "Forgotten Email Not Subscribed",
            f"{email} was permanently deleted and cannot be re-imported. "
            "The contact must re-subscribe to get back on the list.",
        )
    if member is None or status != "subscribed":
        return
    if member.status == "cleaned" or member.left_by == "person":
        raise refused(
            f"{email} is in a compliance state due to unsubscribe, bounce, or compliance review "
            "and cannot be subscribed.",
            "Member In Compliance State",
        )


def attributes(audience: Audience, member: Member, body: dict[str, Any]) -> dict[str, Any]:
    """What the body says beside address, status and merge fields, as stored."""
    values: dict[str, Any] = {name: body[name] for name in ("language", "vip") if name in body}
    if "email_type" in body:
        if body["email_type"] not in ("html", "text"):
            raise invalid(("email_type", "Value must be 'html' or 'text'."))
        values["email_type"] = body["email_type"]
    if "location" in body:
        kinds = {"latitude": "number", "longitude": "number"}
        where = known(body["location"], kinds, at="location.")
        values["location"] = {**member.location, **where}
    if "interests" in body:
        known_ids = {id for one in audience.categories.values() for id in one.interests}
        if unknown := sorted(set(body["interests"]) - known_ids):
            raise invalid(("interests", f"Invalid interest ID: '{unknown[0]}'."))
        values["interests"] = {**member.interests, **body["interests"]}
    if "marketing_permissions" in body:
        kinds = {"marketing_permission_id": "string", "enabled": "boolean"}
        rows = [known(row, kinds, tuple(kinds)) for row in body["marketing_permissions"]]
        said = {row["marketing_permission_id"]: row["enabled"] for row in rows}
        kept = {id: on for id, on in said.items() if id in audience.permissions}
        values["permissions"] = {**member.permissions, **kept}
    for name in ("timestamp_signup", "timestamp_opt"):
        if body.get(name):
            values[name] = when(body[name], name)
    return values
