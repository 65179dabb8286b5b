"""What answers which call: endpoint, scope, limits, handler."""

import re
from collections.abc import Callable
from typing import NamedTuple

from connectors.sandbox.klaviyo import people, things
from connectors.sandbox.klaviyo.state import Account
from connectors.sandbox.klaviyo.things import Ids
from connectors.sandbox.klaviyo.wire import Call, Reply
from connectors.sandbox.ledger import Recorder


class Route(NamedTuple):
    """One endpoint: all `scopes` are needed; `template` is its path as the description has it."""

    method: str
    path: re.Pattern[str]
    template: str
    scopes: tuple[str, ...]
    size: str
    answer: Callable[[Account, Recorder, Call, Ids], Reply]


def get_account(_: Account, __: Recorder, ___: Call, ____: Ids) -> Reply:
    """GET /api/accounts."""
    return Reply(200, {"data": [{"type": "account", "id": "AC1", "attributes": {}}]})


def route(method: str, path: str, scopes: str, size: str,
          answer: Callable[[Account, Recorder, Call, Ids], Reply]) -> Route:  # fmt: skip
    """One endpoint."""
    pattern = re.compile("/api" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "/?")
    return Route(method, pattern, path, tuple(scopes.split()), size, answer)


_MEMBERS = "/lists/{id}/relationships/profiles"
ROUTES = (
    route("GET", "/accounts", "accounts:read", "XS", get_account),
    route("GET", "/profiles", "profiles:read", "L", people.get_profiles),
    route("PATCH", "/profiles/{id}", "profiles:write", "L", people.update_profile),
    route("GET", "/lists", "lists:read", "L", things.get_lists),
    route("POST", "/lists", "lists:write", "M, 150 a day", things.create_list),
    route("DELETE", "/lists/{id}", "lists:write", "M", things.delete_list),
    route("GET", _MEMBERS, "lists:read profiles:read", "L", things.get_members),
    route("POST", _MEMBERS, "lists:write profiles:write", "M", things.change_members),
    route("DELETE", _MEMBERS, "lists:write profiles:write", "M", things.change_members),
    route("GET", "/tags", "tags:read", "S", things.get_tags),
    route("POST", "/tags", "tags:read tags:write", "S", things.create_tag),
    route("DELETE", "/tags/{id}", "tags:read tags:write", "S", things.delete_tag),
    route("GET", "/metrics", "metrics:read", "M", things.get_metrics),
    route("GET", "/events", "events:read", "XL", people.get_events),
    route("POST", "/events", "events:write", "XL", people.create_event),
    route("POST", "/event-bulk-create-jobs", "events:write", "M", people.create_events),
)
