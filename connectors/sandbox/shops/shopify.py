"""Shopify's GraphQL Admin API: lists by `updated_at`, `events`, `node`, `shop`; the bucket of
points, the dearest query, 25,000 objects to page through, and a token for client and secret."""

import json
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from connectors.sandbox.shops.cursors import WrongCursor, page
from connectors.sandbox.shops.graphql import Field, Node, Unknown, cost, parse, shown
from connectors.sandbox.shops.shopify_nodes import customer, order, product, typed
from connectors.sandbox.shops.world import Call, Reply, Row, Shops, moment

NODES: dict[str, Callable[[Row], Node]] = {
    "orders": order, "customers": customer, "products": product,
}  # fmt: skip
PATH = re.compile(r"/admin/api/\d{4}-\d{2}/graphql\.json")
SINCE = re.compile(r"(?:updated_at|created_at):>='([^']+)'")
TOO_MANY = {"errors": "Exceeded 2 calls per second for api client."}


def answer(shops: Shops, call: Call) -> Reply:
    """One call."""
    if call.path == "/admin/oauth/access_token":
        return lend(shops, call)
    if not PATH.fullmatch(call.path):
        return Reply(404, {"errors": "Not Found"})
    if not shops.allowed(call.headers.get("x-shopify-access-token", "")):
        return Reply(401, {"errors": "[API] Invalid API key or access token"})
    said = json.loads(call.body)
    try:
        fields = parse(said["query"], said.get("variables") or {})
        asked = cost(fields)
        if asked > shops.dearest:
            return refused(f"Query cost is {asked}, which exceeds the single query max cost limit "
                           f"({shops.dearest}).", "MAX_COST_EXCEEDED", cost=asked,
                           maxCost=shops.dearest)  # fmt: skip
        room = shops.points.room(shops.clock.now)
        if room < asked:
            return throttled(shops, asked, room)
        data = {one.name: resolved(shops, one) for one in fields}
    except (Unknown, WrongCursor, ValueError) as wrong:
        return refused(str(wrong) or "Invalid cursor", "undefinedField")
    # The real cost is counted by what came back; what was reserved beyond it flows back.
    paid = min(asked, sum(len(one.get("nodes", [1])) * 10 for one in data.values() if one) + 2)
    shops.points.takes(paid, shops.clock.now)
    return Reply(200, {"data": data, "extensions": {"cost": costs(shops, asked, paid)}})


def lend(shops: Shops, call: Call) -> Reply:
    """A token for an app's client and secret."""
    form = parse_qs(call.body.decode())
    if form.get("grant_type") != ["client_credentials"] or not shops.allowed(
        form.get("client_secret", [""])[0]
    ):
        return Reply(401, {"error": "invalid_client"})
    token = f"shpat_{len(shops.calls)}"
    shops.keys = shops.keys | {token} if shops.keys else shops.keys
    return Reply(200, {"access_token": token, "scope": "read_orders", "expires_in": 86_399})


def costs(shops: Shops, asked: int, paid: int | None) -> Node:
    """What a query cost, and what the bucket holds."""
    status = {"maximumAvailable": shops.points.size, "restoreRate": shops.points.rate,
              "currentlyAvailable": math.floor(shops.points.room(shops.clock.now))}  # fmt: skip
    return {"requestedQueryCost": asked, "actualQueryCost": paid, "throttleStatus": status}


def throttled(shops: Shops, asked: int, _: float) -> Reply:
    """The bucket holds too little."""
    body = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
            "extensions": {"cost": costs(shops, asked, None)}}  # fmt: skip
    return Reply(200, body)


def refused(message: str, code: str, **more: Any) -> Reply:
    """A query that is not answered."""
    return Reply(200, {"errors": [{"message": message, "extensions": {"code": code, **more}}]})


def resolved(shops: Shops, field: Field) -> Any:
    """What a field of the root gives."""
    if field.name == "shop":
        domain = typed("Domain", url="https://shop.example.com")
        return shown(typed("Shop", currencyCode="EUR", primaryDomain=domain), field.fields)
    if field.name == "node":
        kind, id = str(field.arguments["id"]).split("/")[-2:]
        return shown(found(shops, kind, id), field.fields)
    if field.name == "events":
        rows = [typed("BasicEvent", **row) for row in shops.of("shopify", "events")]
        return listed(shops, field, rows, "createdAt")
    if field.name not in NODES:
        raise Unknown(f"Field '{field.name}' doesn't exist on type 'QueryRoot'")
    rows = [NODES[field.name](row) for row in shops.of("shopify", field.name)]
    return listed(shops, field, rows, "updatedAt")


def found(shops: Shops, kind: str, id: str) -> Node | None:
    """An object by its global id."""
    if kind == "Refund":
        orders = (order(row) for row in shops.of("shopify", "orders"))
        return next((one for made in orders for one in made["refunds"]
                     if one["legacyResourceId"] == id), None)  # fmt: skip
    row = shops.rows[("shopify", f"{kind.lower()}s")].get(id)
    return NODES[f"{kind.lower()}s"](row) if row else None


def listed(shops: Shops, field: Field, rows: list[Node], by: str) -> Node:
    """A page of a list of the root."""
    query = field.arguments.get("query") or ""
    since = SINCE.search(query)
    begin = moment(since.group(1)) if since else 0
    first = int(field.arguments["first"])
    if not 1 <= first <= 250:
        raise Unknown("first must be between 1 and 250")
    kept = [row for row in rows if moment(row[by]) >= begin]
    back = -1 if field.arguments.get("reverse") else 1
    taken, after, before = page(
        kept, lambda row: (back * moment(row[by]), str(row["id"])), first,
        field.arguments.get("after"), [field.name, query, back],
    )  # fmt: skip
    if before + len(taken) > shops.furthest:
        raise Unknown(f"pagination is limited to {shops.furthest} objects")
    pages = typed("PageInfo", hasNextPage=after is not None, endCursor=after)
    made: Node = shown(typed("Connection", nodes=taken, pageInfo=pages), field.fields)
    return made
