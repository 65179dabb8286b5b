"""What belongs to orders, deals and carts: whose they are, and their lines. Associations of a
thousand objects are one call (changelog "Batch read limit for Associations API"), line items a
hundred a call."""

from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any

from connectors.shared.hubspot_api import Api
from connectors.shared.hubspot_walk import Row
from connectors.shared.webhook import count_at, decimal_at, minor_units, text_at
from connectors.shared.webhook_events import line

MOST_LINKS, A_CALL = 1_000, 100
LINES = "line_items"
WANTED = ("hs_product_id", "hs_sku", "quantity", "price", "amount")


def linked(api: Api, kind: str, ids: Sequence[str], other: str) -> dict[str, list[str]]:
    """The ids of the objects that each is joined to, ascending; objects that are joined to none
    are left out."""
    found: dict[str, set[int]] = {}
    for group in batched(ids, MOST_LINKS, strict=False):
        asked: list[dict[str, str]] = [{"id": id} for id in group]
        while asked:
            read = api.associations.get_page
            answer = api.read("results", read, kind, other, {"inputs": asked})
            asked = []
            for row in answer["results"]:
                id = str(row["from"]["id"])
                found.setdefault(id, set()).update(int(to["toObjectId"]) for to in row["to"])
                further = ((row.get("paging") or {}).get("next") or {}).get("after")
                asked += [{"id": id, "after": str(further)}] if further else []
    return {id: [str(one) for one in sorted(others)] for id, others in found.items() if others}


def lines_of(api: Api, kind: str, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The line items of each object, by its id."""
    held = linked(api, kind, [str(row["id"]) for row in rows], LINES)
    wanted = list(dict.fromkeys(id for ids in held.values() for id in ids))
    known: dict[str, Row] = {}
    for group in batched(wanted, A_CALL, strict=False):
        body = {"inputs": [{"id": id} for id in group], "properties": list(WANTED)}
        answer = api.read("results", api.object_batch.read, LINES, body)
        known |= {str(row["id"]): row for row in answer["results"]}
    return {owner: [known[id] for id in ids if id in known] for owner, ids in held.items()}


def bought(rows: Sequence[Row], currency: str | None) -> list[dict[str, Any]]:
    """Line items as an event's lines: the product's record id, else its SKU."""
    found: list[dict[str, Any]] = []
    for row in rows:
        values: Mapping[str, Any] = row.get("properties") or {}
        quantity = count_at(values, "quantity")
        amount = decimal_at(values, "amount")
        price = decimal_at(values, "price")
        if amount is None and price is not None:
            amount = price * (1 if quantity is None else quantity)
        told = None if amount is None or currency is None else minor_units(amount, currency)
        product = text_at(values, "hs_product_id") or text_at(values, "hs_sku")
        found += line(product, quantity, told)
    return found
