"""Lists and who is on them, tags, metrics: whatever has a name."""

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.klaviyo.state import Account, Row, move, noted
from connectors.sandbox.klaviyo.wire import Call, Problem, Reply, filters, paged, passes
from connectors.sandbox.ledger import Recorder

MOST_IDS = 1_000
MOST_TAGS = 500
MEMBER_FILTERS = {"email": ("any", "equals"), "phone_number": ("any", "equals")}
Ids = Mapping[str, str]


def by_name(row: Row) -> tuple[Any, str]:
    """Named things, by id."""
    return (row["id"], row["id"])


def named(kind: str, id: str, name: str) -> Row:
    """A thing with a name."""
    return {"type": kind, "id": id, "attributes": {"name": name}}


def get_lists(account: Account, _: Recorder, call: Call, __: Ids) -> Reply:
    """GET /api/lists."""
    rows = [named("list", id, one["name"]) for id, one in account.lists.items()]
    return Reply(200, paged(call, rows, by_name, 10, 10))


def create_list(account: Account, recorder: Recorder, call: Call, _: Ids) -> Reply:
    """POST /api/lists. Two may have one name (unverified)."""
    id, name = account.new_id("L"), call.body["data"]["attributes"]["name"]
    account.lists[id], account.members[id] = {"name": name}, {}
    noted(recorder, "list_made", lambda: account.lists.pop(id), after=name)
    return Reply(201, {"data": named("list", id, name)})


def delete_list(account: Account, recorder: Recorder, _: Call, ids: Ids) -> Reply:
    """DELETE /api/lists/{id}."""
    held = found(account.lists, ids["id"])
    members = account.members.pop(ids["id"])
    account.lists.pop(ids["id"])

    def undo() -> None:
        account.lists[ids["id"]], account.members[ids["id"]] = held, members

    noted(recorder, "list_dropped", undo, after=held["name"])
    return Reply(204)


def found(things: Mapping[str, Any], id: str) -> Any:
    """A thing by its id. Raises Problem."""
    if id not in things:
        raise Problem(404, "not_found", "Not found.", f"{id} does not exist")
    return things[id]


def get_members(account: Account, _: Recorder, call: Call, ids: Ids) -> Reply:
    """GET /api/lists/{id}/relationships/profiles."""
    found(account.lists, ids["id"])
    rules = filters(call.query.get("filter", ""), MEMBER_FILTERS)
    on = account.members[ids["id"]]
    people = (account.profiles[id] for id in on if id in account.profiles)
    rows = [{"type": "profile", "id": one.id} for one in people
            if passes(rules, {"email": one.email, "phone_number": None})]  # fmt: skip
    return Reply(200, paged(call, rows, lambda row: (on[row["id"]], row["id"]), 100, 20))


def change_members(account: Account, recorder: Recorder, call: Call, ids: Ids) -> Reply:
    """POST and DELETE /api/lists/{id}/relationships/profiles. One id that nobody has refuses all
    (unverified)."""
    found(account.lists, ids["id"])
    wanted = [one["id"] for one in call.body["data"]]
    if not 1 <= len(wanted) <= MOST_IDS:
        raise Problem(400, "invalid", "Invalid input.", f"1 to {MOST_IDS} profiles a call")
    for id in wanted:
        found(account.profiles, id)
    for id in wanted:
        move(account, recorder, ids["id"], account.profiles[id], call.method == "POST")
    return Reply(204)


def get_tags(account: Account, _: Recorder, call: Call, __: Ids) -> Reply:
    """GET /api/tags."""
    rules = filters(call.query.get("filter", ""), {"name": ("ends-with", "equals")})
    rows = [named("tag", id, one["name"]) for id, one in account.tags.items()
            if all(one["name"].endswith(value) if operator == "ends-with" else one["name"] == value
                   for operator, _, value in rules)]  # fmt: skip
    return Reply(200, paged(call, rows, by_name, 50, 50))


def create_tag(account: Account, recorder: Recorder, call: Call, _: Ids) -> Reply:
    """POST /api/tags."""
    name = call.body["data"]["attributes"]["name"]
    if len(account.tags) >= MOST_TAGS or name in {one["name"] for one in account.tags.values()}:
        raise Problem(400, "invalid", "Invalid input.", "no room, or there already")
    id = account.new_id("T")
    account.tags[id] = {"name": name}
    noted(recorder, "tag_made", lambda: account.tags.pop(id), after=name)
    return Reply(201, {"data": named("tag", id, name)})


def delete_tag(account: Account, recorder: Recorder, _: Call, ids: Ids) -> Reply:
    """DELETE /api/tags/{id}."""
    held = found(account.tags, ids["id"])
    account.tags.pop(ids["id"])
    noted(recorder, "tag_dropped", lambda: account.tags.update({ids["id"]: held}),
          after=held["name"])  # fmt: skip
    return Reply(204)


def get_metrics(account: Account, _: Recorder, call: Call, __: Ids) -> Reply:
    """GET /api/metrics."""
    rows = [named("metric", id, name) for id, name in account.metrics.items()]
    return Reply(200, paged(call, rows, by_name, 200, 200))
