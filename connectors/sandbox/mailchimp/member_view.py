"""A member as the API shows it."""

from typing import Any

from connectors.sandbox.clock import iso
from connectors.sandbox.mailchimp.state import Audience, Member
from connectors.sandbox.mailchimp.values import shown

MOST_TAGS_SHOWN = 50


def _date(moment: int | None) -> str:
    return "" if moment is None else iso(moment)


def view(audience: Audience, member: Member) -> dict[str, Any]:
    """The member as GET, PUT, PATCH and the lists of members tell it."""
    fields = shown(audience, member)
    names = [str(fields.get(tag, "")) for tag in ("FNAME", "LNAME")]
    member_view = {
        "id": member.id,
        "email_address": member.email_address,
        "unique_email_id": member.id[:10],
        "contact_id": member.contact_id,
        "full_name": " ".join(name for name in names if name),
        "web_id": member.web_id,
        "email_type": member.email_type,
        "status": member.status,
        "consents_to_one_to_one_messaging": member.status == "subscribed",
        "merge_fields": fields,
        **agreed(audience, member),
        "stats": {"avg_open_rate": 0, "avg_click_rate": 0},
        "ip_signup": "",
        "timestamp_signup": _date(member.timestamp_signup),
        "ip_opt": "",
        "timestamp_opt": _date(member.timestamp_opt),
        "member_rating": 2,
        "last_changed": iso(member.last_changed),
        "language": member.language,
        "vip": member.vip,
        "email_client": "",
        "location": place(member.location),
        "source": member.source,
        "tags_count": len(member.tags),
        "tags": tags_shown(audience, member),
        "list_id": audience.id,
        "_links": [],
    }
    if member.status == "unsubscribed":
        by_person = member.left_by == "person"
        member_view["unsubscribe_reason"] = (
            "N/A (Unsubscribed by contact)" if by_person else "N/A (Unsubscribed by an admin)"
        )
    return member_view


def agreed(audience: Audience, member: Member) -> dict[str, Any]:
    """Every interest of the audience, and its marketing permissions where it asks for any."""
    known = [id for category in audience.categories.values() for id in category.interests]
    shown: dict[str, Any] = {"interests": {id: member.interests.get(id, False) for id in known}}
    if audience.permissions:
        shown["marketing_permissions"] = [
            {"marketing_permission_id": id, "enabled": member.permissions.get(id, False)}
            for id in audience.permissions
        ]
    return shown


def tags_shown(audience: Audience, member: Member) -> list[dict[str, Any]]:
    """The first of the member's tags."""
    return [
        {"id": number, "name": audience.segments[number].name}
        for number in list(member.tags)[:MOST_TAGS_SHOWN]
    ]


def place(location: dict[str, Any]) -> dict[str, Any]:
    """A location with every part that the API shows."""
    return {
        "latitude": location.get("latitude", 0),
        "longitude": location.get("longitude", 0),
        "gmtoff": location.get("gmtoff", 0),
        "dstoff": location.get("dstoff", 0),
        "country_code": location.get("country_code", ""),
        "timezone": location.get("timezone", ""),
        "region": location.get("region", ""),
    }


_UNSEEN_IN_BULK = frozenset(
    {"full_name", "web_id", "consents_to_one_to_one_messaging", "source", "marketing_permissions"}
)
_UNSEEN_IN_SEGMENT = (_UNSEEN_IN_BULK - {"full_name"}) | {"contact_id", "tags", "tags_count"}


def view_in_bulk(audience: Audience, member: Member) -> dict[str, Any]:
    """The member as POST /lists/{id} and POST /segments/{id} tell it, which is less."""
    return _without(_UNSEEN_IN_BULK, view(audience, member))


def view_in_segment(audience: Audience, member: Member) -> dict[str, Any]:
    """The member as the members of a segment tell it: without tags and contact id."""
    return _without(_UNSEEN_IN_SEGMENT, view(audience, member))


def _without(unseen: frozenset[str], whole: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in whole.items() if name not in unseen}
    kept.pop("unsubscribe_reason", None)
    kept["location"].pop("region")
    return kept
