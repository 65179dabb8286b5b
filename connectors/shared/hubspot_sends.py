"""Triggered sends: custom events, on which a marketer builds a workflow, 500 a call; or, where the
account allows it, single e-mails.

Both are told apart by an id made from the send's key, and HubSpot takes each id once: so a send
whose answer was lost is sent again and still happens once. Right before, the contacts are read:
who has been deleted or has opted out since the pull is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import Any

from connectors.shared.http import Rejected
from connectors.shared.hubspot_api import Api, Lacking, pages
from connectors.shared.hubspot_contacts import by_id
from connectors.shared.hubspot_names import event_name, send_id
from connectors.shared.hubspot_records import Reading, left
from connectors.shared.hubspot_walk import iso
from connectors.shared.outcomes import NOT_THERE, in_halves
from personalization.connector import Outcome
from personalization.consent import Permit
from personalization.models import SECOND, Frozen, Micros

A_CALL = 500
A_READ = 100
FEW = 5
KEY = "ofone_key"
PROPERTIES = (KEY, "message", "trigger")
ENTERPRISE = (
    "Custom events need an Enterprise plan: without one, let the triggers send `by: email` and name "
    "each one's e-mail under `emails` in the account's settings."
)
DEFINITIONS = "/events/v3/event-definitions"
LONGEST = 8.0


class Event(Frozen):
    """A custom event as the portal knows it: its full name, the properties it takes, its label."""

    name: str
    properties: frozenset[str]
    label: str = ""


UNKNOWN = Event(name="", properties=frozenset())
NOT_MADE = "the event is not there yet: `ofone plan` and `ofone apply` make it"


def able(api: Api, reading: Reading, permits: Sequence[Permit], size: int = A_READ
         ) -> Iterator[Outcome | tuple[Permit, str]]:  # fmt: skip
    """Each permit with the contact's address of now, or its refusal; `size` contacts are read
    just before the first of them is given."""
    wanted = ["email", *reading.outs()]
    for group in batched(permits, size, strict=False):
        rows = {str(row["id"]): row for row in by_id(api, ids_of(group), wanted)}
        for one in group:
            values = (rows.get(one.outside_id) or {}).get("properties")
            if values is None:
                yield Outcome(row=one.row.id, result="refused", reason=NOT_THERE)
            elif marketing(one) and left(reading, values):
                yield Outcome(row=one.row.id, result="refused", reason="opted out")
            else:
                yield one, str(values.get("email") or "")


def ids_of(group: Sequence[Permit]) -> tuple[str, ...]:
    """Each record once."""
    return tuple(dict.fromkeys(one.outside_id for one in group))


def marketing(one: Permit) -> bool:
    """Whether a send needs consent."""
    return str(one.row.new.get("basis", "marketing")) == "marketing"


def write_events(
    api: Api, account: str, permits: Sequence[Permit], known: dict[str, Event]
) -> Iterator[Outcome]:
    """Sends events, 500 a call. One that the portal does not have is made by a plan; until then,
    and while the token may not see any, sends wait."""
    try:
        events = events_of(api, permits, known)
    except Lacking as no:
        yield from lacking(permits, no)
        return
    inputs: list[tuple[Permit, dict[str, Any]]] = []
    for one in permits:
        event = events[str(one.row.new["event"])]
        if event.name:
            inputs.append((one, input_of(account, one, event)))
        else:
            yield Outcome(row=one.row.id, result="untried", reason=NOT_MADE)
    for group in batched(inputs, A_CALL, strict=False):
        yield from send(api, group)


def lacking(permits: Iterable[Permit], no: Lacking) -> Iterator[Outcome]:
    """Sends wait until the token may do what it has to, or the plan has events."""
    reason = f"{str(no).removesuffix(ENTERPRISE).strip()} {ENTERPRISE}"
    yield from (Outcome(row=one.row.id, result="untried", reason=reason) for one in permits)


def events_of(
    api: Api, permits: Sequence[Permit], known: dict[str, Event]
) -> dict[str, Event]:  # fmt: skip
    """The events that sends name, UNKNOWN where the portal has none. What is not in `known` is
    looked for once. One that others made keeps its properties, and what it does not know is not
    sent."""
    names = {str(one.row.new["event"]) for one in permits}
    if any(event_name(name) not in known for name in names):
        known |= definitions(api)
    return {name: known.get(event_name(name), UNKNOWN) for name in names}


def send(api: Api, group: Sequence[tuple[Permit, dict[str, Any]]]) -> Iterator[Outcome]:
    """One call, and where it is refused as a whole, its halves."""
    events = {one.row.id: event for one, event in group}

    def call(some: Sequence[Permit]) -> None:
        api.call(api.event_batch.send, {"inputs": [events[one.row.id] for one in some]})

    left = {one.row.id: one for one, _ in group}
    try:
        for told in in_halves(list(left.values()), call, refusal):
            del left[told.row]
            yield told
    except Lacking as no:
        yield from lacking(left.values(), no)


def refusal(one: Permit, no: Rejected) -> Outcome:
    """A refused send."""
    return Outcome(row=one.row.id, result="refused", reason=no.said)


def input_of(account: str, one: Permit, event: Event) -> dict[str, Any]:
    """One event, of a contact named by record id: by address it would create who is not there."""
    values = properties(one)
    told = {"eventName": event.name, "objectId": one.outside_id,
            "uuid": send_id(account, key_of(one)),
            "properties": {name: value for name, value in values.items()
                           if name in event.properties}}  # fmt: skip
    return told | ({"occurredAt": iso(one.row.moment)} if one.row.moment is not None else {})


def properties(one: Permit) -> dict[str, str]:
    """What a send carries: its key, and the message and trigger for a marketer to branch on."""
    told = {KEY: key_of(one)} | {name: one.row.new.get(name) for name in PROPERTIES[1:]}
    return {name: str(value) for name, value in told.items() if value is not None}


def key_of(one: Permit) -> str:
    """What tells this send from all others."""
    return str(one.row.key or one.row.id)


def definitions(api: Api) -> dict[str, Event]:
    """The portal's events by their inner name."""
    found = {}
    try:
        found_pages = list(pages(lambda **at: api.raw("GET", DEFINITIONS, limit=100, **at)))
    except Lacking as no:
        raise Lacking(f"{no} {ENTERPRISE}") from None
    for page in found_pages:
        for row in page.get("results") or ():
            full = str(row["fullyQualifiedName"])
            columns = frozenset(str(one["name"]) for one in row.get("properties") or ())
            label = str((row.get("labels") or {}).get("singular") or "")
            found[full.partition("_")[2]] = Event(name=full, properties=columns, label=label)
    return found


def look_up(
    api: Api, account: str, permits: Sequence[Permit], known: dict[str, Event], patience: float
) -> dict[int, bool]:
    """Whether each event occurred, by reading what occurred around their moments. Events show some
    time after they were taken, so those not seen are looked for again for `patience` seconds. In a
    portal without events none did."""
    missing = list(permits)
    found: set[int] = set()
    waited, delay = 0.0, 0.5
    while True:
        try:
            found |= seen(api, account, missing, known)
        except Lacking:
            return {one.row.id: False for one in permits}
        missing = [one for one in missing if one.row.id not in found]
        if not missing or waited >= patience:
            return {one.row.id: one.row.id in found for one in permits}
        api.wire.sleep(delay)
        waited, delay = waited + delay, min(delay * 2, LONGEST)


def seen(
    api: Api, account: str, permits: Sequence[Permit], known: dict[str, Event]
) -> set[int]:  # fmt: skip
    """The rows whose event is to be found now."""
    found: set[int] = set()
    for name, event in sorted(events_of(api, permits, known).items()):
        about = [one for one in permits if str(one.row.new["event"]) == name]
        moments = [one.row.moment for one in about if one.row.moment is not None]
        if not event.name:
            continue
        if len(about) <= FEW or len(moments) < len(about):
            for one in about:
                found |= matched(api, account, [one], event, object_id=int(one.outside_id))
        else:
            between = window(moments)
            found |= matched(api, account, about, event, **between)
    return found


def window(moments: Sequence[Micros]) -> dict[str, str]:
    """The time between whose ends all moments are."""
    first, last = max(0, min(moments) - SECOND), max(moments) + SECOND
    return {"occurred_after": iso(first), "occurred_before": iso(last)}


def matched(
    api: Api, account: str, permits: Sequence[Permit], event: Event, **which: Any
) -> set[int]:  # fmt: skip
    """The rows whose id, or whose key in a property, is among what occurred."""
    by_uuid = {send_id(account, key_of(one)): one.row.id for one in permits}
    by_key = {key_of(one): one.row.id for one in permits}
    found: set[int] = set()
    read = api.events.get_page
    for page in pages(
        lambda **at: api.read("results", read, object_type="contact", event_type=event.name,
                              limit=A_READ, **which, **at)
    ):  # fmt: skip
        for row in page["results"]:
            row_id = by_uuid.get(str(row.get("id"))) or by_key.get(
                str((row.get("properties") or {}).get(KEY))
            )
            found |= {row_id} if row_id is not None else set()
    return found
