"""Square's lists and searches, with cursors that belong to one question."""

import json
from collections.abc import Callable
from typing import Any

from connectors.sandbox.shops.cursors import WrongCursor, page
from connectors.sandbox.shops.world import Call, Reply, Row, Shops, moment

TOO_MANY = {"errors": [{"category": "RATE_LIMIT_ERROR", "code": "RATE_LIMITED",
                        "detail": "Rate limited"}]}  # fmt: skip
YEAR = 365 * 86_400 * 1_000_000


def answer(shops: Shops, call: Call) -> Reply:
    """One call."""
    if not shops.allowed(call.headers.get("authorization", "").removeprefix("Bearer ")):
        return wrong(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED")
    if not call.headers.get("square-version"):
        return wrong(400, "INVALID_REQUEST_ERROR", "INVALID_SQUARE_VERSION_FORMAT")
    route = ROUTES.get((call.method, call.path))
    if route is None:
        return wrong(404, "INVALID_REQUEST_ERROR", "NOT_FOUND")
    try:
        return Reply(200, route(shops, call))
    except WrongCursor:
        return wrong(400, "INVALID_REQUEST_ERROR", "INVALID_CURSOR")


def locations(shops: Shops, _: Call) -> Row:
    """The seller's locations."""
    return {"locations": shops.of("square", "locations")}


def main(shops: Shops) -> Any:
    """The main location's id."""
    return next((one["id"] for one in shops.of("square", "locations")), None)


def listed(kind: str) -> Callable[[Shops, Call], Row]:
    """Payments or refunds: of the last year where nothing else is said, and payments of the main
    location."""

    def route(shops: Shops, call: Call) -> Row:
        field = "updated_at" if call.one("sort_field") == "UPDATED_AT" else "created_at"
        begin = moment(call.one("begin_time")) or shops.clock.now - YEAR
        since = moment(call.one("updated_at_begin_time"))
        place = call.one("location_id") or (main(shops) if kind == "payments" else None)
        rows = [
            row for row in shops.of("square", kind)
            if moment(row["created_at"]) >= begin and moment(row["updated_at"]) >= since
            and place in (None, row.get("location_id"))
        ]  # fmt: skip
        back = 1 if call.one("sort_order") == "ASC" else -1
        asked = [one for one in call.query if one[0] != "cursor"]
        size = min(100, int(call.one("limit", "100") or 100))
        taken, after, _ = page(rows, lambda row: (back * moment(row[field]), row["id"]), size,
                               call.one("cursor"), asked)  # fmt: skip
        return {**({kind: taken} if taken else {}), **({"cursor": after} if after else {})}

    return route


def searched(shops: Shops, call: Call) -> Row:
    """Customers, in the order in which they were made."""
    said = json.loads(call.body)
    windows = said["query"]["filter"]
    rows = [
        row for row in shops.of("square", "customers")
        if all(moment(row[name]) >= moment(window["start_at"]) for name, window in windows.items())
    ]  # fmt: skip
    taken, after, _ = page(rows, lambda row: (moment(row["created_at"]), row["id"]),
                           min(100, int(said.get("limit", 100))), said.get("cursor"),
                           said["query"])  # fmt: skip
    return {**({"customers": taken} if taken else {}), **({"cursor": after} if after else {})}


def catalogue(shops: Shops, call: Call) -> Row:
    """Items changed after a moment, with what they refer to."""
    said = json.loads(call.body)
    begin, everything = moment(said.get("begin_time")), shops.of("square", "catalog")
    rows = [row for row in everything if row["type"] in said["object_types"]
            and moment(row["updated_at"]) > begin
            and (said.get("include_deleted_objects") or not row.get("is_deleted"))]  # fmt: skip
    asked = {name: value for name, value in said.items() if name != "cursor"}
    taken, after, _ = page(rows, lambda row: (0, row["id"]), min(1_000, int(said.get("limit", 100))),
                           said.get("cursor"), asked)  # fmt: skip
    latest = max((row["updated_at"] for row in everything), default=None)
    related = [row for row in everything if row["type"] in ("CATEGORY", "IMAGE")]
    return {**({"objects": taken} if taken else {}), **({"cursor": after} if after else {}),
            "related_objects": related, "latest_time": latest}  # fmt: skip


def orders(shops: Shops, call: Call) -> Row:
    """Orders by id."""
    ids = json.loads(call.body)["order_ids"]
    return {"orders": [row for row in shops.of("square", "orders") if row["id"] in ids[:100]]}


def variations(shops: Shops, call: Call) -> Row:
    """Objects of the catalogue by id, variations within their items too."""
    ids = set(json.loads(call.body)["object_ids"])
    inner = [one for row in shops.of("square", "catalog")
             for one in (row, *row.get("item_data", {}).get("variations", []))]  # fmt: skip
    return {"objects": [one for one in inner if one["id"] in ids]}


ROUTES: dict[tuple[str, str], Callable[[Shops, Call], Row]] = {
    ("GET", "/v2/locations"): locations,
    ("GET", "/v2/payments"): listed("payments"),
    ("GET", "/v2/refunds"): listed("refunds"),
    ("POST", "/v2/customers/search"): searched,
    ("POST", "/v2/catalog/search"): catalogue,
    ("POST", "/v2/orders/batch-retrieve"): orders,
    ("POST", "/v2/catalog/batch-retrieve"): variations,
}


def wrong(status: int, category: str, code: str) -> Reply:
    """An error as Square writes it."""
    return Reply(status, {"errors": [{"category": category, "code": code, "detail": code}]})
