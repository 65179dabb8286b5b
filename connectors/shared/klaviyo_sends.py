"""Sends as events, on which a marketer builds a flow: a thousand a call, which is answered before they
are processed and never says what became of them, so they are looked for afterwards.

An event has a `unique_id` made from its send's key. Alone ("Create Event") only the first of a
profile, a metric and an id is recorded, so it may be sent again without harm. Among others ("Bulk
Create Events") an id that was there before fails them all: so a call for many is never made again,
and whatever it left unsure goes out alone. An event of a profile that is not there might make one:
who is sent to is read just before.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from connectors.shared.http import Lost, Rejected
from connectors.shared.klaviyo_api import Api
from connectors.shared.klaviyo_lists import refusal
from connectors.shared.klaviyo_profiles import attributes_of, marketing, status
from connectors.shared.klaviyo_pull import by_id
from connectors.shared.moments import seconds
from connectors.shared.outcomes import NOT_THERE
from personalization.connector import Outcome
from personalization.consent import Permit
from personalization.models import SECOND

A_CALL = 1_000
A_READ = 100
EVENTS_A_PAGE = 1_000
KEY = "ofone_key"
PROPERTIES = ("message", "trigger", "channel")
NO_OTHER = "Klaviyo's API starts flows by events only: let the trigger send `by: event`"


def send(api: Api, permits: Sequence[Permit], unread: set[str]) -> Iterator[Outcome]:
    """Carries out sends to those who may have them now."""
    able: list[Permit] = []
    for group in batched(permits, A_READ, strict=False):
        rows = {str(row["id"]): attributes_of(row) for row in
                by_id(api, list(dict.fromkeys(one.outside_id for one in group)))}  # fmt: skip
        for one in group:
            why = unable(one, rows.get(one.outside_id))
            if why:
                unread.add(one.outside_id)
                yield Outcome(row=one.row.id, result="refused", reason=why)
            else:
                able.append(one)

    fresh = [one for one in able if not one.row.attempt]
    for some in batched(fresh, A_CALL, strict=False):
        if len(some) > 1 and together(api, some):
            yield from (Outcome(row=one.row.id, result="accepted") for one in some)
        else:
            yield from (alone(api, one) for one in some)
    yield from (alone(api, one) for one in able if one.row.attempt)


def together(api: Api, some: Sequence[Permit]) -> bool:
    """One call for many, made once; whether it was accepted."""
    jobs = {"events-bulk-create": {"data": [entry(one) for one in some]}}
    body = {"data": {"type": "event-bulk-create-job", "attributes": jobs}}
    api.wire.once = True
    try:
        api.call("POST", "event-bulk-create-jobs", body)
    except (Lost, Rejected):
        return False
    finally:
        api.wire.once = False
    return True


def alone(api: Api, one: Permit) -> Outcome:
    """One event, which may be told again without harm."""
    profile = {"profile": profile_of(one)}
    body = {"data": {"type": "event", "attributes": {**event(one), **profile}}}
    try:
        api.call("POST", "events", body)
    except Rejected as no:
        return refusal(one, no)
    return Outcome(row=one.row.id, result="accepted")


def unable(one: Permit, told: Mapping[str, Any] | None) -> str | None:
    """Why a send may not go out now."""
    if str(one.row.new.get("by") or "event") != "event":
        return NO_OTHER
    if told is None:
        return NOT_THERE
    if str(one.row.new.get("basis", "marketing")) != "marketing":
        return None
    if str(one.row.new.get("channel", "email")) != "email":
        said = marketing(dict(told), str(one.row.new["channel"]))
        return "opted out" if said.get("consent") == "UNSUBSCRIBED" else None
    return None if status(marketing(dict(told))) == "subscribed" else "opted out"


def profile_of(one: Permit) -> dict[str, Any]:
    """Whose event it is: a profile named by id and nothing else."""
    return {"data": {"type": "profile", "id": one.outside_id, "attributes": {}}}


def entry(one: Permit) -> dict[str, Any]:
    """One event among many."""
    events = {"data": [{"type": "event", "attributes": event(one)}]}
    told = {"profile": profile_of(one), "events": events}
    return {"type": "event-bulk-create", "attributes": told}


def event(one: Permit) -> dict[str, Any]:
    """What happened, with the message and trigger for a marketer to branch on."""
    new = one.row.new
    told = {name: new[name] for name in PROPERTIES if new.get(name) is not None}
    metric = {"data": {"type": "metric", "attributes": {"name": str(new["event"])}}}
    at = {} if one.row.moment is None else {"time": seconds(one.row.moment)}
    return {"properties": {**(new.get("properties") or {}), **told, KEY: key_of(one)},
            "unique_id": key_of(one), "metric": metric, **at}  # fmt: skip


def key_of(one: Permit) -> str:
    """What tells this send from all others."""
    return str(one.row.key or one.row.id)


def look_up(api: Api, permits: Sequence[Permit], patience: float) -> dict[int, bool]:
    """Whether each send's event shows, waiting up to `patience` seconds for those that do not.
    False is safe even where it is wrong: the same unique_id again does nothing."""
    waited, delay = 0.0, 1.0
    missing = list(permits)
    while True:
        keys = shown(api, missing) if missing else frozenset()
        missing = [one for one in missing if key_of(one) not in keys]
        if not missing or waited >= patience:
            late = {one.row.id for one in missing}
            return {one.row.id: one.row.id not in late for one in permits}
        api.wire.sleep(delay)
        waited, delay = waited + delay, delay * 2


def shown(api: Api, permits: Sequence[Permit]) -> frozenset[str]:
    """The keys of events of the same metrics within the same time."""
    metrics: dict[str, list[str]] = {}
    for row in api.every("metrics", **{"fields[metric]": "name"}):
        metrics.setdefault(str(attributes_of(row).get("name")), []).append(str(row["id"]))
    found: set[str] = set()
    for name in sorted({str(one.row.new["event"]) for one in permits}):
        within = window([one for one in permits if str(one.row.new["event"]) == name])
        for id in metrics.get(name, ()):
            wanted = {"filter": ",".join([f'equals(metric_id,"{id}")', *within]),
                      "fields[event]": "event_properties", "page[size]": EVENTS_A_PAGE,
                      "sort": "datetime"}  # fmt: skip
            for row in api.every("events", **wanted):
                own = attributes_of(row).get("event_properties") or {}
                found.add(str(own.get(KEY)))
    return frozenset(found)


def window(permits: Sequence[Permit]) -> list[str]:
    """Filters of the time of some sends; none where one of them has no moment."""
    moments = [one.row.moment for one in permits if one.row.moment is not None]
    if len(moments) < len(permits):
        return []
    first, last = seconds(min(moments) - SECOND), seconds(max(moments) + SECOND)
    return [f"greater-or-equal(datetime,{first})", f"less-or-equal(datetime,{last})"]
