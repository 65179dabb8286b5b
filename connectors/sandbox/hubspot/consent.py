"""Subscription types and what each address has chosen: version 3, which the client has, and of
version 4 what reads and writes many addresses in a call.

Version 3 has two statuses: an address that never chose is NOT_SUBSCRIBED. Version 4 tells
NOT_SPECIFIED from UNSUBSCRIBED.
"""

from typing import Any

from connectors.sandbox.hubspot.effects_sends import choose, opt_out_of_all
from connectors.sandbox.hubspot.state import Choice, Portal, SubscriptionType
from connectors.sandbox.hubspot.wire import (
    Answer,
    Problem,
    Request,
    batched,
    invalid,
    known,
    missing,
    stamp,
)

MOST_ADDRESSES = 100
BASES = (
    *("LEGITIMATE_INTEREST_PQL", "LEGITIMATE_INTEREST_CLIENT", "LEGITIMATE_INTEREST_OTHER"),
    *("PERFORMANCE_OF_CONTRACT", "CONSENT_WITH_NOTICE", "NON_GDPR", "PROCESS_AND_STORE"),
)


def _definitions(portal: Portal) -> list[dict[str, Any]]:
    return [
        {
            "id": str(kind.id),
            "name": kind.name,
            "description": kind.description,
            "purpose": kind.purpose,
            "communicationMethod": "Email",
            "isActive": kind.active,
            "isDefault": False,
            "isInternal": False,
            "createdAt": stamp(0),
            "updatedAt": stamp(0),
        }
        for kind in portal.subscription_types.values()
    ]


def definitions(request: Request) -> Answer:
    """GET the subscription types."""
    return Answer(200, {"subscriptionDefinitions": _definitions(request.portal)})


def definitions_v4(request: Request) -> Answer:
    """GET the same in version 4's frame."""
    return batched(request, _definitions(request.portal), [])


def _email(text: str) -> str:
    email = text.strip().lower()
    if "@" not in email:
        raise invalid(f"{text} is not an address")
    return email


def _choice(portal: Portal, email: str, kind: SubscriptionType) -> Choice:
    """What counts: an opt-out of everything before any choice of one type."""
    if email in portal.opted_out:
        return Choice("UNSUBSCRIBED", portal.opted_out[email], "PORTAL_WIDE_STATUS")
    return portal.choices.get(email, {}).get(kind.id) or Choice("NOT_SPECIFIED", 0)


def _shown(portal: Portal, email: str, kind: SubscriptionType) -> dict[str, Any]:
    choice = _choice(portal, email, kind)
    body: dict[str, Any] = {
        "id": str(kind.id),
        "name": kind.name,
        "description": kind.description,
        "status": "SUBSCRIBED" if choice.status == "SUBSCRIBED" else "NOT_SUBSCRIBED",
        "sourceOfStatus": choice.source,
    }
    return body | ({"legalBasis": choice.legal_basis} if choice.legal_basis else {})


def status(request: Request) -> Answer:
    """GET version 3: one address, every type."""
    portal, email = request.portal, _email(request.ids["email"])
    rows = [_shown(portal, email, kind) for kind in portal.subscription_types.values()]
    return Answer(200, {"recipient": email, "subscriptionStatuses": rows})


def _type_of(portal: Portal, key: Any) -> SubscriptionType:
    text = str(key)
    kind = portal.subscription_types.get(int(text)) if text.isdecimal() else None
    if kind is None:
        raise missing(f"No subscription type has the id {text}")
    return kind


def _set(request: Request, status_text: str) -> Answer:
    kinds = {
        "emailAddress": "string",
        "subscriptionId": "string",
        "legalBasis": "string",
        "legalBasisExplanation": "string",
    }
    body = known(request.body, kinds, ("emailAddress", "subscriptionId"))
    portal, email = request.portal, _email(body["emailAddress"])
    kind = _type_of(portal, body["subscriptionId"])
    basis = body.get("legalBasis")
    if basis is not None and basis not in BASES:
        raise invalid(f"legalBasis must be one of {', '.join(BASES)}")
    _check(portal, email, kind, status_text)
    choose(request.doing, email, kind.id, status_text, basis)
    return Answer(200, _shown(portal, email, kind))


def _check(portal: Portal, email: str, kind: SubscriptionType, wanted: str) -> None:
    if email in portal.forgotten:
        raise invalid("The address was deleted for privacy and cannot be used")
    if wanted == "SUBSCRIBED" and email in portal.opted_out:
        raise invalid("The address has opted out of every e-mail and cannot be subscribed")
    held = portal.choices.get(email, {}).get(kind.id)
    if held is not None and held.status == wanted:
        raise Problem(400, "VALIDATION_ERROR", f"The address is already {wanted.lower()}")


def subscribe(request: Request) -> Answer:
    """POST version 3."""
    return _set(request, "SUBSCRIBED")


def unsubscribe(request: Request) -> Answer:
    """POST version 3."""
    return _set(request, "UNSUBSCRIBED")


def _channel(request: Request) -> None:
    if request.text("channel") != "EMAIL":
        raise invalid("The query needs channel=EMAIL")


def _shown_v4(portal: Portal, email: str, kind: SubscriptionType) -> dict[str, Any]:
    choice = _choice(portal, email, kind)
    body = {
        "channel": "EMAIL",
        "subscriberIdString": email,
        "subscriptionId": kind.id,
        "subscriptionName": kind.name,
        "status": choice.status,
        "source": choice.source,
        "timestamp": stamp(choice.moment),
    }
    return body | ({"legalBasis": choice.legal_basis} if choice.legal_basis else {})


def status_v4(request: Request) -> Answer:
    """GET version 4: one address, every type."""
    _channel(request)
    portal, email = request.portal, _email(request.ids["email"])
    rows = [_shown_v4(portal, email, kind) for kind in portal.subscription_types.values()]
    return batched(request, rows, [])


def _addresses(request: Request) -> list[str]:
    _channel(request)
    inputs = known(request.body, {"inputs": "array"}, ("inputs",))["inputs"]
    if not 1 <= len(inputs) <= MOST_ADDRESSES:
        raise invalid(f"From 1 to {MOST_ADDRESSES} addresses can be given")
    return [_email(str(text)) for text in inputs]


def read_batch_v4(request: Request) -> Answer:
    """POST version 4 batch/read: at most 100 addresses (unverified), every type."""
    portal = request.portal
    rows = [
        {
            "subscriberIdString": email,
            "statuses": [
                _shown_v4(portal, email, kind) for kind in portal.subscription_types.values()
            ],
        }
        for email in _addresses(request)
    ]
    return batched(request, rows, [])


def read_wide_v4(request: Request) -> Answer:
    """POST version 4 batch/unsubscribe-all/read: who has opted out of everything."""
    out = request.portal.opted_out
    rows = [
        {
            "subscriberIdString": email,
            "wideStatuses": [
                {
                    "channel": "EMAIL",
                    "subscriberIdString": email,
                    "wideStatusType": "PORTAL_WIDE",
                    "status": "UNSUBSCRIBED" if email in out else "NOT_SPECIFIED",
                    "timestamp": stamp(out.get(email, 0)),
                }
            ],
        }
        for email in _addresses(request)
    ]
    return batched(request, rows, [])


def unsubscribe_all_v4(request: Request) -> Answer:
    """POST version 4: one address out of everything."""
    _channel(request)
    opt_out_of_all(request.doing, _email(request.ids["email"]))
    return status_v4(request)
