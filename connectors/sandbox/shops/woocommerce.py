"""WooCommerce's REST API v3: orders and products by their change, customers by id, pages by number
or offset, X-WP-Total and X-WP-TotalPages."""

import base64
import binascii
import math
from typing import Any

from connectors.sandbox.shops.world import Call, Reply, Row, Shops, moment

PREFIX = "/wp-json/wc/v3"
TOO_MANY = {"code": "too_many_requests", "message": "Too many requests", "data": {"status": 429}}


def answer(shops: Shops, call: Call) -> Reply:
    """One call."""
    if not shops.allowed(secret(call)):
        return wrong(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    name = call.path.removeprefix(PREFIX + "/")
    if name == "data/currencies/current":
        return Reply(200, {"code": "EUR", "name": "Euro", "symbol": "&euro;"})
    size = int(call.one("per_page", "10") or 10)
    if not 1 <= size <= 100:
        return wrong(400, "rest_invalid_param", "Invalid parameter(s): per_page")
    if name == "customers":
        rows = sorted(shops.of("woocommerce", name), key=lambda row: int(row["id"]))
    elif name in ("orders", "products"):
        rows = changed(shops.of("woocommerce", name), call)
    else:
        return wrong(404, "rest_no_route", "No route was found matching the URL.")
    start = int(call.one("offset", "0") or 0) or (int(call.one("page", "1") or 1) - 1) * size
    headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(math.ceil(len(rows) / size))}
    return Reply(200, rows[start : start + size], headers)


def secret(call: Call) -> str:
    """The secret of the basic authentication."""
    try:
        said = base64.b64decode(call.headers.get("authorization", "").removeprefix("Basic "))
    except binascii.Error:
        return ""
    return said.decode().partition(":")[2]


def changed(rows: list[Row], call: Call) -> list[Row]:
    """Rows in the order of their change, ids where they are equal; the edges of the window do not
    count."""
    status = call.one("status", "any")
    kept = [row for row in rows if (row.get("status") == "trash") == (status == "trash")]
    after, before = call.one("modified_after"), call.one("modified_before")
    if after:
        kept = [row for row in kept if second(row) > moment(after)]
    if before:
        kept = [row for row in kept if second(row) < moment(before)]
    return sorted(kept, key=lambda row: (second(row), int(row["id"])))


def second(row: Row) -> int:
    """The moment of a row's last change."""
    return moment(row.get("date_modified_gmt"))


def wrong(status: int, code: str, message: str) -> Reply:
    """An error as WordPress writes it."""
    body: dict[str, Any] = {"code": code, "message": message, "data": {"status": status}}
    return Reply(status, body)
