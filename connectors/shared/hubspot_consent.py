"""What contacts have chosen. A contact's properties tell who left; who agreed is told only by the
subscription statuses of version 4 (a hundred addresses a call; the cap is unverified), or by a list
that the shop keeps of them. Sources: the pages "Batch retrieve subscription statuses" and "Batch
read memberships" of HubSpot's API reference.
"""

from collections.abc import Mapping, Sequence
from itertools import batched

from connectors.shared.hubspot_api import Api, Refused
from connectors.shared.hubspot_records import MARKETING, Reading, Said, left
from connectors.shared.hubspot_walk import Row
from connectors.shared.moments import micros
from connectors.shared.vendor import having
from personalization.errors import Stop, TokenRefused
from personalization.models import CONSENT, Event

A_CALL = 100
PATH = "/communication-preferences/v4/statuses/batch/read"
DEFINITIONS = "/communication-preferences/v3/definitions"
STATES = {"SUBSCRIBED": "in", "UNSUBSCRIBED": "out"}


def said(api: Api, reading: Reading, rows: Sequence[Row], listed: Mapping[str, bool]
         ) -> dict[str, dict[str, Said]]:  # fmt: skip
    """What each contact has said by purpose, by record id. `listed` tells who is on the list of
    those who agreed; empty where there is no such list. Whoever has left everything that is asked
    for is not asked about: the properties say so."""
    found: dict[str, dict[str, Said]] = {str(row["id"]): {} for row in rows}
    for id, agreed in listed.items():
        if agreed:
            found[id][MARKETING] = Said(state="in")
    types = {id: purpose for purpose, id in reading.asked().items()}
    if not types:
        return found
    asked = {address: str(row["id"]) for row in rows if (address := open_address(reading, row))}
    seen = set[int]()
    for group in batched(asked, A_CALL, strict=False):
        answer = api.raw("POST", PATH, {"inputs": list(group)}, channel="EMAIL")
        for one in answer.get("results") or ():
            who = asked.get(str(one.get("subscriberIdString") or "").strip().lower())
            for told in one.get("statuses") or () if who else ():
                type_ = int(told.get("subscriptionId") or 0)
                purpose, state = types.get(type_), STATES.get(str(told.get("status")))
                seen.add(type_)
                if purpose and state:
                    found[who or ""][purpose] = Said(state=state, at=micros(told["timestamp"]))
    if asked:
        must_exist(api, set(types) - seen, bool(seen))
    return found


def definitions(api: Api) -> dict[int, str]:
    """The names of the portal's subscription types, by id."""
    told = having("subscriptionDefinitions", api.raw("GET", DEFINITIONS), api.wire.place)
    return {int(row["id"]): str(row.get("name")) for row in told["subscriptionDefinitions"]}


def must_exist(api: Api, missing: set[int], others: bool) -> None:
    """Raises Stop where types of which no contact's statuses say anything are not there: nobody
    would count as having agreed, and nothing would say why. Statuses name every type, chosen or
    not (the example of "Batch retrieve subscription statuses" has one NOT_SPECIFIED), so this is
    asked once at most, and of a token that may not ask it is believed where `others` are named."""
    unheard = missing - api.trusted
    if not unheard:
        return
    try:
        there = definitions(api)
    except (Refused, TokenRefused):
        if not others:
            return
        there = {}
    if unheard - set(there):
        named = ", ".join(f"{id} ({name})" for id, name in sorted(there.items()))
        known = f"there are {named}" if named else (
            "no contact's statuses name it, and the token may not list the types: "
            "communication_preferences.read lets it")  # fmt: skip
        wrong = ", ".join(map(str, sorted(unheard - set(there))))
        raise Stop(f"{api.wire.place}: there is no subscription type {wrong}; {known}. Correct "
                   "`consent` in this account's settings: with it nobody would count as having "
                   "agreed.")  # fmt: skip
    api.trusted |= unheard


def open_address(reading: Reading, row: Row) -> str:
    """The address of a contact who may have agreed to something; "" otherwise."""
    values = row.get("properties") or {}
    if all(left(reading, values, purpose) for purpose in reading.asked()):
        return ""
    return str(values.get("email") or "").strip().lower()


def consents(
    reading: Reading, row: Row, told: Mapping[str, Said]
) -> tuple[list[Event], dict[str, str]]:
    """A contact's choices as events, keyed by when they were made, so that a choice told again is
    the same event; and those whose moment nobody tells, as a record's `consent`. Marketing's is
    the record's status then."""
    events, shown = list[Event](), dict[str, str]()
    values = row.get("properties") or {}
    alias, by = reading.alias(str(row["id"])), f"hubspot/{reading.account}"
    for purpose in reading.consent:
        one = told.get(purpose) or Said(state="")
        if left(reading, values, purpose) and one.state != "out":
            one = Said(state="out")
        if one.state and one.at is not None:
            props = {"by": by, "channel": "email", "purpose": purpose, "state": one.state}
            key = f"{alias}|{CONSENT}|{purpose}|{one.at}|{one.state}"
            events.append(Event(key=key, kind=CONSENT, alias=alias, occurred_at=one.at,
                                props=props))  # fmt: skip
        elif one.state and purpose != MARKETING:
            shown[f"{by} email {purpose}"] = one.state
    return events, shown
