"""Audience webhooks: a form each for what happened to members, signed as since 2026.

POST deliver  {url, secret?, list?, after?: ledger entry, repeat?: 1, sources?: [api, person,
              admin]}; without a secret there is no signature, as with older webhooks.
              Answers {statuses: [...]}
"""

import hmac
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.ledger import Entry
from connectors.sandbox.mailchimp.state import Audience
from connectors.sandbox.posting import post
from connectors.sandbox.world import LIST, World

_TYPES = {
    "created": "subscribe",
    "resubscribed": "subscribe",
    "confirmed": "subscribe",
    "unsubscribed": "unsubscribe",
    "cleaned": "cleaned",
    "field_written": "profile",
    "email_changed": "upemail",
}


def deliver(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Sends what the ledger tells after that entry, oldest first; waits for each answer."""
    with world.lock:
        audience = world.audience(body.get("list", LIST))
        sources = body.get("sources", ["api", "person", "admin"])
        forms = [
            form
            for entry in world.ledger.after(int(body.get("after", 0)))
            if entry.get("list") == audience.id and entry.get("actor") in sources
            if (form := _form(audience, entry))
        ]
        now = world.clock.now // 1_000_000
    statuses = []
    for form in forms:
        content = urlencode(form).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if "secret" in body:
            headers["X-Mailchimp-Signature"] = signature(body["secret"], now, content)
        for _ in range(int(body.get("repeat", 1))):
            statuses.append(post(body["url"], content, headers)[0])  # noqa: PERF401 (a call each)
    return {"statuses": statuses}


def signature(secret: str, seconds: int, content: bytes) -> str:
    """The header's value: HMAC-SHA256 of the time and the body."""
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + content, sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def _form(audience: Audience, entry: Entry) -> dict[str, str] | None:
    kind = _TYPES.get(entry.get("kind", ""))
    key = entry["after"]["id"] if kind == "upemail" else entry.get("member")
    member = audience.members.get(key or "")
    created = entry.get("kind") == "created" and entry["after"]["status"] != "subscribed"
    if kind is None or member is None or created:
        return None
    form = {
        "type": kind,
        "fired_at": entry["moment"][:19].replace("T", " "),
        "data[list_id]": audience.id,
    }
    if kind == "upemail":
        return {
            **form,
            "data[new_id]": member.contact_id,
            "data[new_email]": member.email_address,
            "data[old_email]": f"old-{entry['member']}@example.com",
        }
    form |= {"data[id]": member.contact_id, "data[email]": member.email_address}
    if kind == "cleaned":
        return {**form, "data[reason]": "hard"}
    merges = {"EMAIL": member.email_address, **member.merge_fields}
    form |= {f"data[merges][{tag}]": str(value) for tag, value in merges.items()}
    return {**form, "data[email_type]": "html"} | (
        {"data[action]": "unsub", "data[reason]": "manual"} if kind == "unsubscribe" else {}
    )
