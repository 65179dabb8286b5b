"""Stripe's lists: newest first, `created`, `starting_after` and `ending_before`, events for 30
days, 25 calls a second."""

from connectors.sandbox.shops.world import SECOND, Call, Reply, Row, Shops

LISTS = {
    "/v1/events": "events",
    "/v1/charges": "charges",
    "/v1/refunds": "refunds",
    "/v1/disputes": "disputes",
    "/v1/customers": "customers",
    "/v1/products": "products",
    "/v1/checkout/sessions": "sessions",
}
KEPT = 30 * 86_400
EDGES = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
TOO_MANY = {"error": {"message": "Request rate limit exceeded", "type": "invalid_request_error",
                      "code": "rate_limit"}}  # fmt: skip


def answer(shops: Shops, call: Call) -> Reply:
    """One call."""
    if not shops.allowed(call.headers.get("authorization", "").removeprefix("Bearer ")):
        return wrong(401, "Invalid API Key provided", "api_key_invalid")
    if not shops.reads.takes(1, shops.clock.now):
        return Reply(429, TOO_MANY)
    kind = LISTS.get(call.path)
    if kind is None:
        return wrong(404, "Unrecognized request URL", "url_invalid")
    size = int(call.one("limit", "10") or 10)
    if not 1 <= size <= 100:
        return wrong(400, "Invalid limit: must be between 1 and 100", "parameter_invalid_integer")
    rows = window(shops, kind, call)
    after, before = call.one("starting_after"), call.one("ending_before")
    at = next((n for n, row in enumerate(rows) if row["id"] == (after or before)), None)
    if (after or before) and at is None:
        return wrong(400, f"No such object: '{after or before}'", "resource_missing")
    if before and at is not None:
        rows, more = rows[max(0, at - size) : at], at > size
    else:
        start = 0 if at is None else at + 1
        rows, more = rows[start : start + size], len(rows) > start + size
    told = [priced(row, call) if kind == "products" else row for row in rows]
    return Reply(200, {"object": "list", "url": call.path, "has_more": more, "data": told})


def window(shops: Shops, kind: str, call: Call) -> list[Row]:
    """The objects that a call asks for, newest first; in one second, those told last first."""
    rows = shops.of("stripe", kind)
    if kind == "events":
        rows = [row for row in rows if row["created"] > shops.clock.now // SECOND - KEPT]
        if types := call.every("types[]"):
            rows = [row for row in rows if row["type"] in types]
    if ids := call.every("ids[]"):
        rows = [row for row in rows if row["id"] in ids]
    for name, holds in EDGES.items():
        if (edge := call.one(f"created[{name}]")) is not None:
            rows = [row for row in rows if holds(int(row["created"]), int(edge))]
    rows.reverse()
    return sorted(rows, key=lambda row: -int(row["created"]))


def priced(row: Row, call: Call) -> Row:
    """A product with its price only where that is asked for."""
    price = row.get("default_price")
    if price is None or "data.default_price" in call.every("expand[]"):
        return row
    return {**row, "default_price": price["id"]}


def wrong(status: int, message: str, code: str) -> Reply:
    """An error as Stripe writes it."""
    error = {"message": message, "type": "invalid_request_error", "code": code}
    return Reply(status, {"error": error})
