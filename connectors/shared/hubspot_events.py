"""Definitions of custom events: listed, made, and removed again. They need an Enterprise plan; an
account whose plan has none keeps all else that is planned.

Name and calls are those of HubSpot's page "Define custom events": the full name is `pe`, the
portal's number, `_` and the inner name. That removing one also removes what was sent as it is
unverified.
"""

from connectors.shared.hubspot_api import Api, Lacking, Refused
from connectors.shared.hubspot_names import event_name
from connectors.shared.hubspot_sends import DEFINITIONS, PROPERTIES, Event, definitions
from personalization.connector import MARK, Outcome, RemoteEvent
from personalization.models import OutboxRow

NOT_OURS = "the event was not made by this product"


def listed(api: Api) -> list[RemoteEvent]:
    """The portal's events; none where its plan has none, and making one then says so."""
    try:
        found = definitions(api)
    except Lacking:
        return []
    return [RemoteEvent(name=name, label=one.label, id=one.name, ours=one.label.endswith(MARK))
            for name, one in found.items()]  # fmt: skip


def words(no: Lacking | Refused) -> str:
    """Why it was not made."""
    return no.said if isinstance(no, Refused) else str(no)


def make_event(api: Api, row: OutboxRow, known: dict[str, Event]) -> Outcome:
    """Makes an event. Whether it is there is looked up and not taken from the answer: a first try
    may have worked without its answer reaching us. `known` are those that are there."""
    name = str(row.new["event"])
    inner = event_name(name)
    try:
        known |= definitions(api)
        if inner not in known:
            define(api, name)
            known |= definitions(api)
    except (Lacking, Refused) as no:
        return Outcome(row=row.id, result="refused", reason=words(no))
    # Neither there nor refused: the answer said OK and nothing was written.
    there = inner in known
    return Outcome(row=row.id, result="accepted" if there else "again",
                   reason=None if there else "not made")  # fmt: skip


def define(api: Api, name: str) -> None:
    """The call that makes an event with what our sends carry. Raises Refused, but not where it is
    there already."""
    columns = [{"name": one, "label": one, "type": "string"} for one in PROPERTIES]
    label = f"{name.replace('_', ' ').capitalize()} {MARK}"
    body = {"name": event_name(name), "label": label, "primaryObject": "CONTACT",
            "includeDefaultProperties": False, "propertyDefinitions": columns}  # fmt: skip
    try:
        api.raw("POST", DEFINITIONS, body)
    except Refused as no:
        if no.status != 409:
            raise


def drop_event(api: Api, row: OutboxRow, known: dict[str, Event]) -> Outcome:
    """Removes an event that we made."""
    name = event_name(str(row.new["drop_event"]))
    known.pop(name, None)
    there = {one.name: one for one in listed(api)}.get(name)
    if there is None:
        return Outcome(row=row.id, result="accepted")
    if not there.ours:
        return Outcome(row=row.id, result="refused", reason=NOT_OURS)
    try:
        api.raw("DELETE", f"{DEFINITIONS}/{there.id}")
    except (Lacking, Refused) as no:
        if not isinstance(no, Refused) or no.status != 404:
            return Outcome(row=row.id, result="refused", reason=words(no))
    return Outcome(row=row.id, result="accepted")
