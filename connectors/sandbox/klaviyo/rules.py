"""What a call may say at all, endpoint by endpoint, as Klaviyo's published API description has it
(github.com/klaviyo/openapi, `openapi/stable.json`, revision 2026-07-15): query parameters and their
values, the parts of a body, sizes. That anything else is refused is unverified: the description does
not say what becomes of it, and refusing is the less forgiving side."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from connectors.sandbox.klaviyo.wire import MEDIA, Call, Problem

REVISION = re.compile(r"(\d{4}-\d{2}-\d{2})(\.[a-z-]+)?")
FIRST, LAST = date(2022, 10, 17), date(2026, 7, 15)
MOST_BYTES = 5_000_000
MOST_OF_PROFILE = 100_000
MOST_OF_TEXT = 100_000
"""Bytes of a body, of the body that changes one profile, and of one text in it."""

PROFILE = frozenset({
    "email", "phone_number", "external_id", "first_name", "last_name", "organization", "locale",
    "title", "image", "location", "properties"})  # fmt: skip
SHOWN = PROFILE | {"created", "id", "last_event_date", "predictive_analytics", "subscriptions",
                   "updated"}  # fmt: skip
SORTED = ("created", "email", "id", "updated")
EVENT = frozenset({"properties", "time", "value", "value_currency", "unique_id", "backfill",
                   "metric", "profile"})  # fmt: skip
WHO = PROFILE | {"anonymous_id", "_kx", "meta"}


class Query(NamedTuple):
    """What may be asked of a listing: the fields of what type, in what order, whether by filter and
    with a size of its own."""

    of: str = ""
    fields: frozenset[str] = frozenset()
    sorts: tuple[str, ...] = ()
    filter: bool = False
    size: bool = False


NAMED = frozenset({"id", "name"})
DATED = frozenset({"created", "updated"})
QUERIES = {
    "/accounts": Query("account", frozenset({"contact_information", "industry", "locale", "id",
                                             "timezone", "preferred_currency", "public_api_key"})),
    "/profiles": Query("profile", SHOWN, SORTED, True, True),
    "/lists": Query("list", NAMED | DATED | {"opt_in_process"}, ("created", "id", "name", "updated"),
                    True, True),
    "/lists/{id}/relationships/profiles": Query("", frozenset(), ("joined_group_at",), True, True),
    "/tags": Query("tag", NAMED, ("id", "name"), True, True),
    "/metrics": Query("metric", NAMED | DATED | {"integration"}, (), True, False),
    "/events": Query("event", frozenset({"datetime", "event_properties", "id", "timestamp", "uuid"}),
                     ("datetime", "timestamp"), True, True),
}  # fmt: skip


def invalid(detail: str, pointer: str = "/data") -> Problem:
    """A refusal of a call that says something it may not."""
    return Problem(400, "invalid", "Invalid input.", detail, pointer)


def revision(call: Call) -> None:
    """The revision of a call. Raises Problem where it is missing or names none."""
    told = call.headers.get("revision", "")
    if not told:
        raise Problem(400, "missing_revision", "The API revision is missing.", "", "/revision")
    match = REVISION.fullmatch(told)
    try:
        named = date.fromisoformat(match[1]) if match else None
    except ValueError:
        named = None
    if named is None or not FIRST <= named <= LAST:
        raise Problem(400, "invalid_revision", "There is no such revision.", "", "/revision")


def query(path: str, call: Call) -> None:
    """What a call asks. Raises Problem for what the endpoint has not."""
    may = QUERIES.get(path, Query()) if call.method == "GET" else Query()
    for name, value in call.query.items():
        wanted = {part.split(".")[0] for part in value.split(",")}
        if name == f"fields[{may.of}]" and wanted <= may.fields:
            continue
        plain = value.removeprefix("-")
        fine = {"filter": may.filter, "page[size]": may.size, "page[cursor]": bool(may.of or may.sorts),
                "sort": plain in may.sorts,
                "additional-fields[profile]": may.of == "profile" and value == "subscriptions"}  # fmt: skip
        if not fine.get(name, False):
            raise invalid(f"{name} cannot be asked here", f"/{name}")


def body(path: str, call: Call, raw: bytes) -> None:
    """What a call says. Raises Problem for a body of another kind, too large, or with parts that
    the endpoint does not know."""
    if call.method == "GET" or (call.method == "DELETE" and not path.endswith("/profiles")):
        return
    if call.headers.get("content-type", "").partition(";")[0].strip() != MEDIA:
        raise Problem(415, "unsupported_media_type", "Unsupported media type.", f"send {MEDIA}")
    most = MOST_OF_PROFILE if call.method == "PATCH" else MOST_BYTES
    if len(raw) > most:
        raise Problem(413, "too_large", "Request too large.", f"{most} bytes at most")
    if any(len(text) > MOST_OF_TEXT for text in re.findall(rb'"((?:[^"\\]|\\.)*)"', raw)):
        raise invalid("a text is too long")
    data = call.body["data"]
    of_path = {"/profiles/{id}": profile, "/lists": a_list, "/tags": a_tag, "/events": an_event,
               "/event-bulk-create-jobs": a_job}.get(path, references)  # fmt: skip
    of_path(data)


def only(value: Any, known: frozenset[str], needed: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """An object with no other parts than these. Raises Problem."""
    if not isinstance(value, dict) or set(value) - known or not set(needed) <= set(value):
        names = sorted(set(value) - known) if isinstance(value, dict) else []
        raise invalid(f"not a valid field: {', '.join(names) or 'a part is missing'}")
    return value


def thing(value: Any, type_: str, known: frozenset[str], needed: tuple[str, ...] = (),
          more: frozenset[str] = frozenset()) -> Mapping[str, Any]:  # fmt: skip
    """The attributes of a JSON:API object of that type. Raises Problem."""
    data = only(value, frozenset({"type", "attributes"}) | more, ("type", "attributes"))
    if data["type"] != type_:
        raise invalid(f"the type is {type_}", "/data/type")
    return only(data["attributes"], known, needed)


def profile(data: Any) -> None:
    """A change of one profile."""
    thing(data, "profile", PROFILE, more=frozenset({"id", "meta"}))
    meta = only(data.get("meta") or {}, frozenset({"patch_properties", "patch_identifiers"}))
    only(meta.get("patch_properties") or {}, frozenset({"append", "unappend", "unset"}))


def a_list(data: Any) -> None:
    """A new list."""
    thing(data, "list", frozenset({"name", "opt_in_process"}), ("name",))


def a_tag(data: Any) -> None:
    """A new tag."""
    thing(data, "tag", frozenset({"name"}), ("name",), frozenset({"relationships"}))


def references(data: Any) -> None:
    """Profiles by id."""
    for one in data:
        if only(one, frozenset({"type", "id"}), ("type", "id"))["type"] != "profile":
            raise invalid("the type is profile", "/data/type")


def an_event(data: Any) -> None:
    """One event with its profile."""
    told = thing(data, "event", EVENT, ("properties", "metric", "profile"))
    somebody(told["profile"])
    a_metric(told["metric"])


def a_job(data: Any) -> None:
    """Many events, by profile."""
    jobs = thing(data, "event-bulk-create-job", frozenset({"events-bulk-create"}),
                 ("events-bulk-create",))["events-bulk-create"]  # fmt: skip
    for one in jobs["data"]:
        told = thing(one, "event-bulk-create", frozenset({"profile", "events", "backfill"}),
                     ("profile", "events"))  # fmt: skip
        somebody(told["profile"])
        for each in told["events"]["data"]:
            a_metric(thing(each, "event", EVENT - {"profile", "backfill"},
                           ("properties", "metric"))["metric"])  # fmt: skip


def somebody(told: Any) -> None:
    """Whose an event is."""
    thing(only(told, frozenset({"data"}), ("data",))["data"], "profile", WHO,
          more=frozenset({"id", "meta"}))  # fmt: skip


def a_metric(told: Any) -> None:
    """What an event is called."""
    thing(only(told, frozenset({"data"}), ("data",))["data"], "metric",
          frozenset({"name", "service"}), ("name",))  # fmt: skip


def parsed(raw: bytes) -> Any:
    """A body's JSON; None for none, or for what is none."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None
