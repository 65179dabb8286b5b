"""What reaches people, and what they choose: events, e-mails, consent. Same rules as `effects`."""

from collections.abc import Callable
from typing import Any

from connectors.sandbox.hubspot import effects
from connectors.sandbox.hubspot.state import Choice, Record, hashed
from connectors.sandbox.hubspot.wire import Doing, moment_of, stamp


def note_event(doing: Doing, record: Record, sent: dict[str, Any]) -> None:
    """An event of a contact. Its `uuid` is the ledger's `key`."""
    portal, uuid = doing.portal, sent.get("uuid")
    at = moment_of(sent["occurredAt"]) if "occurredAt" in sent else doing.now
    row = {
        "id": uuid or f"event-{len(portal.occurrences) + 1}",
        "eventType": sent["eventName"],
        "objectType": "CONTACT",
        "objectId": str(record.id),
        "occurredAt": stamp(at),
        "properties": dict(sent.get("properties", {})),
    }
    portal.occurrences.append(row)
    if uuid:
        portal.uuids.add(uuid)

    def undo() -> None:
        portal.occurrences.remove(row)
        portal.uuids.discard(uuid or "")

    doing.recorder.record(
        "event_sent",
        undo,
        **effects.about(doing, portal.tables["contacts"], record),
        name=sent["eventName"],
        key=uuid,
        after=row["properties"],
    )


def note_send(doing: Doing, kind: str, email: str, undo: Callable[[], None], **facts: Any) -> None:
    """An e-mail that has gone out, or has not because of who it is to (`send_refused`) or because
    it went out before (`send_repeated`)."""
    doing.recorder.record(
        kind,
        undo,
        **_who(doing, email),
        standing=doing.portal.standing(email),
        **facts,
    )


def _who(doing: Doing, email: str) -> dict[str, Any]:
    record = doing.portal.tables["contacts"].with_email(email)
    return {
        "api": "hubspot",
        "object": "contacts",
        "record": str(record.id) if record else None,
        "member": hashed(email),
    }


_CHOSEN = {"SUBSCRIBED": "opted_in", "UNSUBSCRIBED": "opted_out"}


def choose(doing: Doing, email: str, type_id: int, status: str, basis: str | None = None) -> None:
    """Subscribes or unsubscribes an address, and shows it in the contact's properties. The ledger
    calls a subscription of one who had opted out `resubscribed`."""
    portal = doing.portal
    old = portal.choices.get(email, {}).get(type_id)
    if old is not None and old.status == status:
        return
    held = portal.choices.setdefault(email, {})
    standing = portal.standing(email)
    back = status == "SUBSCRIBED" and (old is not None or email in portal.opted_out)
    held[type_id] = Choice(status, doing.now, legal_basis=basis)
    restore = _show(doing, email, f"hs_email_optout_{type_id}", status == "UNSUBSCRIBED")

    def undo() -> None:
        restore()
        del held[type_id]
        if old is not None:
            held[type_id] = old
        elif not held:
            del portal.choices[email]

    doing.recorder.record(
        "resubscribed" if back else _CHOSEN[status],
        undo,
        **_who(doing, email),
        standing=standing,
        name=str(type_id),
        before={"status": old.status if old else None},
        after={"status": status},
    )


def opt_out_of_all(doing: Doing, email: str) -> None:
    """Unsubscribes an address from every e-mail."""
    portal = doing.portal
    if email in portal.opted_out:
        return
    standing = portal.standing(email)
    portal.opted_out[email] = doing.now
    restore = _show(doing, email, "hs_email_optout", True)

    def undo() -> None:
        restore()
        del portal.opted_out[email]

    facts = {"standing": standing, "before": {}, "after": {"status": "UNSUBSCRIBED"}}
    doing.recorder.record("opted_out", undo, **_who(doing, email), name="all", **facts)


def _show(doing: Doing, email: str, name: str, out: bool) -> Callable[[], None]:
    """Keeps the opt-out property of the contact with that address; returns the way to undo it."""
    table = doing.portal.tables["contacts"]
    record = table.with_email(email)
    if record is None or name not in table.properties:
        return lambda: None
    old, modified = record.properties, record.modified
    record.properties = {**old, name: "true" if out else "false"}
    record.modified = doing.now
    table.version += 1

    def restore() -> None:
        record.properties, record.modified = old, modified
        table.version += 1

    return restore
