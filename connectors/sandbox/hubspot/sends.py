"""Single e-mails: transactional (version 3) and of any published e-mail (version 4).

Both are asynchronous: the answer is a status id, and the status comes to its end after
`Settings.send_polls` looks. A `sendId` is sent once: a second call with it sends nothing. An
address without a contact becomes one.
"""

from typing import Any

from connectors.sandbox.hubspot import effects
from connectors.sandbox.hubspot.effects_sends import note_send
from connectors.sandbox.hubspot.objects import values_for
from connectors.sandbox.hubspot.wire import Answer, Request, invalid, known, missing, stamp, texts

_KINDS = {
    "emailId": "integer",
    "message": "object",
    "contactProperties": "object",
    "customProperties": "object",
}
_MESSAGE = {
    "to": "string",
    "from": "string",
    "sendId": "string",
    "replyTo": "array",
    "cc": "array",
    "bcc": "array",
}


def send_transactional(request: Request) -> Answer:
    """POST version 3: goes to people who have opted out of marketing, too."""
    return _send(request, transactional=True)


def send_published(request: Request) -> Answer:
    """POST version 4: an e-mail of either kind; marketing goes to nobody who has opted out."""
    return _send(request, transactional=False)


def _send(request: Request, transactional: bool) -> Answer:
    body = known(request.body, _KINDS, ("emailId", "message"))
    message = known(body["message"], _MESSAGE, ("to",))
    email = message["to"].strip().lower()
    if "@" not in email:
        raise invalid("The message's to is not an address")
    kind = request.portal.emails.get(body["emailId"])
    if kind is None:
        raise missing(f"No e-mail has the id {body['emailId']}")
    if transactional and not kind["transactional"]:
        raise invalid(f"E-mail {body['emailId']} is not transactional")
    result = _result(request, email, kind["transactional"], message.get("sendId"))
    if result != "IDEMPOTENT_IGNORE":
        _contact(request, email, texts(body.get("contactProperties", {}), "contactProperties"))
    return Answer(200, _accept(request, email, body["emailId"], kind, message, result))


def _result(request: Request, email: str, transactional: bool, send_id: str | None) -> str:
    portal = request.portal
    if send_id is not None and send_id in portal.send_ids:
        return "IDEMPOTENT_IGNORE"
    if email in portal.forgotten:
        return "BLOCKED_ADDRESS"
    if not transactional and email in portal.opted_out:
        return "PREVIOUSLY_UNSUBSCRIBED_PORTAL"
    if not transactional and portal.standing(email) == "opted_out":
        return "PREVIOUSLY_UNSUBSCRIBED_MESSAGE"
    record = portal.tables["contacts"].with_email(email)
    bounced = record and record.properties.get("hs_email_hard_bounce_reason_enum")
    return "PREVIOUSLY_BOUNCED" if bounced else "SENT"


def _contact(request: Request, email: str, values: dict[str, str]) -> None:
    portal = request.portal
    table = portal.tables["contacts"]
    record = table.with_email(email)
    if record is None and email not in portal.forgotten:
        kept = values_for(request, table, {**values, "email": email}, None)
        effects.create(request.doing, table, kept)
    elif record is not None and values:
        kept = values_for(request, table, values, record)
        effects.write(request.doing, table, record, kept)


def _accept(
    request: Request,
    email: str,
    email_id: int,
    kind: dict[str, Any],
    message: dict[str, Any],
    result: str,
) -> dict[str, Any]:
    portal, doing = request.portal, request.doing
    status_id, send_id = f"status-{portal.fresh()}", message.get("sendId")
    row = {"id": status_id, "requested": doing.now, "result": result, "looks": 0}
    portal.sends[status_id] = row
    if send_id is not None:
        portal.send_ids.setdefault(send_id, status_id)

    def undo() -> None:
        del portal.sends[status_id]
        if portal.send_ids.get(send_id or "") == status_id:
            del portal.send_ids[send_id or ""]

    after = {"result": result, "transactional": kind["transactional"]}
    facts = {"name": str(email_id), "key": send_id, "after": after}
    if result == "SENT":
        what = "transactional_send" if kind["transactional"] else "single_send"
        note_send(doing, what, email, undo, **facts)
    else:
        refused = "send_repeated" if result == "IDEMPOTENT_IGNORE" else "send_refused"
        note_send(doing, refused, email, undo, **facts)
    return {"statusId": status_id, "status": "PENDING", "requestedAt": stamp(doing.now)}


def read_status(request: Request) -> Answer:
    """GET the status of a send. Each look brings it on."""
    row = request.portal.sends.get(request.ids["status"])
    if row is None:
        raise missing()
    row["looks"] += 1
    body = {
        "statusId": row["id"],
        "status": "PROCESSING",
        "requestedAt": stamp(row["requested"]),
        "startedAt": stamp(row["requested"]),
    }
    if row["looks"] >= request.portal.settings.send_polls:
        number = int(row["id"].removeprefix("status-"))
        event = {
            "id": f"00000000-0000-4000-8000-{number:012d}",
            "created": stamp(row["requested"]),
        }
        done = {"completedAt": stamp(row["requested"]), "sendResult": row["result"]}
        body |= {"status": "COMPLETE", **done, "eventId": event}
    return Answer(200, body)
