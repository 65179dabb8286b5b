"""Profiles and events."""

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.clock import iso, micros
from connectors.sandbox.klaviyo.state import Account, Profile, Row, happen, write
from connectors.sandbox.klaviyo.things import Ids
from connectors.sandbox.klaviyo.wire import Call, Problem, Reply, filters, paged, passes
from connectors.sandbox.ledger import Recorder

MOST_EVENTS = 1_000
PROFILE_FILTERS = {"id": ("any", "equals"), "email": ("any", "equals"),
                   "updated": ("greater-than", "less-than")}  # fmt: skip
EVENT_FILTERS = {"metric_id": ("equals",), "profile_id": ("equals",), "datetime": (
    "greater-or-equal", "greater-than", "less-or-equal", "less-than")}  # fmt: skip


def shown(profile: Profile, query: Mapping[str, str]) -> Row:
    """A profile as answers have it."""
    told: Row = {"email": profile.email, "properties": dict(profile.properties),
                 "location": dict(profile.location), "updated": iso(profile.updated),
                 **profile.own}  # fmt: skip
    if query.get("additional-fields[profile]") == "subscriptions":
        reasons = [{"reason": profile.suppressed, "timestamp": iso(profile.updated)}]
        email = {"can_receive_email_marketing": profile.standing != "opted_out",
                 "consent": profile.consent,
                 "suppression": reasons if profile.suppressed else []}  # fmt: skip
        told["subscriptions"] = {"email": {"marketing": email}}
        if profile.sms:
            told["subscriptions"]["sms"] = {
                "marketing": {"consent": profile.sms, "consent_timestamp": iso(profile.updated)}}  # fmt: skip
    if wanted := query.get("fields[profile]"):
        names = {one.split(".")[0] for one in wanted.split(",")}
        told = {name: value for name, value in told.items() if name in names}
    return {"type": "profile", "id": profile.id, "attributes": told}


def get_profiles(account: Account, _: Recorder, call: Call, __: Ids) -> Reply:
    """GET /api/profiles."""
    rules = filters(call.query.get("filter", ""), PROFILE_FILTERS)
    ids = [{"id": one.id} for one in account.profiles.values()
           if passes(rules, {"id": one.id, "email": one.email, "updated": one.updated})]  # fmt: skip
    order = call.query.get("sort", "id")

    def by(row: Row) -> tuple[Any, str]:
        id = row["id"]
        return (account.profiles[id].updated, id) if order == "updated" else (id, id)

    page = paged(call, ids, by, 100, 20)
    rows = [shown(account.profiles[row["id"]], call.query) for row in page["data"]]
    return Reply(200, {**page, "data": rows})


def update_profile(account: Account, recorder: Recorder, call: Call, ids: Ids) -> Reply:
    """PATCH /api/profiles/{id}: custom properties are merged, those in `unset` go."""
    profile = account.profiles.get(ids["id"])
    if profile is None:
        raise Problem(404, "not_found", "Not found.", f"A profile with id {ids['id']} not found")
    data = call.body["data"]
    if (data["type"], data["id"]) != ("profile", profile.id):
        raise Problem(400, "invalid", "Invalid input.", "", "/data/id")
    unset = ((data.get("meta") or {}).get("patch_properties") or {}).get("unset") or []
    new = data["attributes"].get("properties") or {}
    write(recorder, profile, new, [unset] if isinstance(unset, str) else unset)
    return Reply(200, {"data": shown(profile, call.query)})


def told_of(account: Account, attributes: Row) -> Row:
    """An event's own part, checked. Raises Problem."""
    time = attributes.get("time")
    at = micros(time) if time else None
    if at is not None and not micros("1990-01-01") < at < account.clock.now + 365 * 86_400 * 10**6:
        raise Problem(400, "invalid", "Invalid input.", "", "/data/attributes/time")
    key = attributes.get("unique_id") or iso(at or account.clock.now)
    return {**attributes, "at": at, "unique_id": key}


def create_event(account: Account, recorder: Recorder, call: Call, _: Ids) -> Reply:
    """POST /api/events: an id that was there before is accepted and does nothing."""
    attributes = call.body["data"]["attributes"]
    happen(account, recorder, attributes["profile"]["data"]["id"], told_of(account, attributes))
    return Reply(202)


def create_events(account: Account, recorder: Recorder, call: Call, _: Ids) -> Reply:
    """POST /api/event-bulk-create-jobs: an id that was there before fails them all."""
    jobs = call.body["data"]["attributes"]["events-bulk-create"]["data"]
    told = [
        (job["attributes"]["profile"]["data"]["id"], told_of(account, one["attributes"]))
        for job in jobs for one in job["attributes"]["events"]["data"]
    ]  # fmt: skip
    if not 1 <= len(told) <= MOST_EVENTS:
        raise Problem(400, "invalid", "Invalid input.", f"1 to {MOST_EVENTS} events a call")
    known = {(profile, account.metrics[metric], key) for profile, metric, key in account.events}
    keys = [(profile, one["metric"]["data"]["attributes"]["name"], str(one["unique_id"]))
            for profile, one in told]  # fmt: skip
    if len(set(keys)) < len(keys) or known & set(keys):
        raise Problem(400, "duplicate", "Conflict.", "a unique_id is repeated")
    # An event may be lost on the way from "accepted" to "processed".
    lost = account.failures.for_call("EVENT", "processing", ("partial_silent",))
    for profile, one in told[1:] if lost else told:
        happen(account, recorder, profile, one)
    return Reply(202)


def get_events(account: Account, _: Recorder, call: Call, __: Ids) -> Reply:
    """GET /api/events."""
    rules = filters(call.query.get("filter", ""), EVENT_FILTERS)
    held = {one["id"]: one for one in account.events.values() if one["shown"] <= account.clock.now}
    rows = [
        {"type": "event", "id": id, "attributes": {"event_properties": one["properties"],
                                                   "datetime": iso(one["time"])}}
        for id, one in held.items()
        if passes(rules, {"metric_id": one["metric"], "profile_id": one["profile"],
                          "datetime": one["time"] - one["time"] % 1_000_000})
    ]  # fmt: skip
    return Reply(200, paged(call, rows, lambda row: (held[row["id"]]["time"], row["id"]), 1_000,
                            200))  # fmt: skip
