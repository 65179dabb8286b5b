"""The transactional API: templates, messages and their search. Each handler takes the body and
gives the answer's JSON, or raises Refused.

Its errors are an object with a name. Metadata hold 200 bytes of JSON; a search shows up to a
thousand messages and may be asked twenty times a minute; an address that bounced, complained or
left is rejected and the rest of the call goes on.
"""

import json
from collections.abc import Callable
from typing import Any

from connectors.sandbox.clock import iso, micros
from connectors.sandbox.failures import fraction
from connectors.sandbox.ledger import Recorder
from connectors.sandbox.mailchimp.state import Account, hashed

type Json = dict[str, Any]

METADATA_BYTES = 200
MOST_FOUND = 1_000
SEARCHES_A_MINUTE = 20
MINUTE = 60_000_000
API = "transactional"


class Refused(Exception):
    """A call that the API refuses."""

    def __init__(self, status: int, name: str, message: str, code: int = -2) -> None:
        super().__init__(name)
        self.status = status
        self.body = {"status": "error", "code": code, "name": name, "message": message}


def ping(_account: Account, _body: Json, _recorder: Recorder) -> Json:
    """users/ping2."""
    return {"PING": "PONG!"}


def template_info(account: Account, body: Json, _recorder: Recorder) -> Json:
    """templates/info."""
    slug = str(body.get("name"))
    held = account.holdings.mail.templates.get(slug)
    if held is None:
        raise _no_template(slug)
    shown = {name: held.get(name) for name in ("from_email", "from_name", "subject")}
    return {
        "slug": slug,
        "name": held.get("name", slug),
        "labels": [],
        **shown,
        **{f"publish_{name}": value for name, value in shown.items() if held.get("published")},
        "published_at": held.get("published"),
        "created_at": held["created"],
        "updated_at": held["created"],
    }


def _no_template(slug: str) -> Refused:
    return Refused(404, "Unknown_Template", f'No such template "{slug}"', 5)


def send_template(account: Account, body: Json, recorder: Recorder) -> list[Json]:
    """messages/send-template: one message a recipient, each with its own result."""
    mail = account.holdings.mail
    held = mail.templates.get(str(body.get("template_name")))
    if held is None or not held.get("published"):
        raise _no_template(str(body.get("template_name")))
    if not isinstance(body.get("template_content"), list):
        raise Refused(422, "ValidationError", 'You must specify a "template_content" value')
    message = body.get("message")
    if not isinstance(message, dict) or not message.get("to"):
        raise Refused(422, "ValidationError", 'You must specify a "to" value')
    if not (message.get("from_email") or held.get("from_email")):
        raise Refused(422, "ValidationError", "A from_email is needed")
    metadata = _by_recipient(message, "recipient_metadata", "values")
    for values in ({}, *metadata.values()):
        if len(json.dumps({**message.get("metadata", {}), **values})) > METADATA_BYTES:
            raise Refused(422, "ValidationError", "metadata: at most 200 bytes")
    variables = _by_recipient(message, "merge_vars", "vars")
    return [
        _one(account, recorder, body, str(to["email"]),
             {**message.get("metadata", {}), **metadata.get(str(to["email"]).lower(), {})},
             variables.get(str(to["email"]).lower(), []))
        for to in message["to"]
    ]  # fmt: skip


def _by_recipient(message: Json, name: str, inside: str) -> dict[str, Any]:
    return {str(row["rcpt"]).lower(): row[inside] for row in message.get(name) or ()}


def _one(
    account: Account, recorder: Recorder, body: Json, email: str, metadata: Json, variables: Any
) -> Json:
    mail, message = account.holdings.mail, body["message"]
    why = mail.rejects.get(email.lower())
    number = len(mail.messages) + 1
    kept = {
        "_id": f"{int(fraction(0, 'message', number) * 16**32):032x}",
        "email": email,
        "sender": message.get("from_email"),
        "template": body["template_name"],
        "tags": list(message.get("tags") or ()),
        "metadata": metadata,
        "state": "rejected" if why else "sent",
        "vars": {row["name"]: row["content"] for row in variables},
    }
    mail.messages.append(kept)
    facts = {"name": body["template_name"], "member": hashed(email), "api": API,
             "standing": _standing(account, email), "key": metadata.get("ofone_key")}  # fmt: skip
    kept["ts"] = recorder.record(
        "mail_rejected" if why else "mail_sent", mail.messages.pop, **facts, after={"reason": why}
    )
    result = {"email": email, "_id": kept["_id"], "reject_reason": why, "queued_reason": None}
    if why:
        return {**result, "status": "rejected"}
    return {**result, "status": "queued" if mail.queued else "sent", "queued_reason": mail.queued}


def _standing(account: Account, email: str) -> str | None:
    """The worst that the address is in any audience."""
    found = [m.status for a in account.audiences.values() if (m := a.find(email))]
    left = [status for status in found if status in ("unsubscribed", "cleaned", "archived")]
    return next(iter(left or found), None)


def search(account: Account, body: Json, recorder: Recorder) -> list[Json]:
    """messages/search: newest first, by tags (any of them) and days."""
    mail, now = account.holdings.mail, recorder.tick()
    mail.searched = [moment for moment in mail.searched if now - moment < MINUTE] + [now]
    if len(mail.searched) > SEARCHES_A_MINUTE:
        raise Refused(429, "Too_Many_Requests", "At most 20 searches a minute", -99)
    limit = body.get("limit", 100)
    if not isinstance(limit, int) or not 1 <= limit <= MOST_FOUND:
        raise Refused(422, "ValidationError", "limit: 1 to 1000")
    wanted = set(body.get("tags") or ())
    since = micros(body["date_from"]) if body.get("date_from") else now - 7 * 86_400_000_000
    shown = mail.messages[: len(mail.messages) - mail.late]
    rows = [
        row for row in reversed(shown)
        if row["ts"] >= since and (not wanted or wanted & set(row["tags"]))
    ]  # fmt: skip
    return [{**row, "ts": row["ts"] // 10**6, "at": iso(row["ts"]), "vars": None, "opens": 0,
             "clicks": 0} for row in rows[:limit]]  # fmt: skip


HANDLERS: dict[str, Callable[[Account, Json, Recorder], Any]] = {
    "users/ping2": ping,
    "templates/info": template_info,
    "messages/send-template": send_template,
    "messages/search": search,
}
