"""Stores with their customers, orders, carts and products, read only: a shop's own connection writes
them. Rows are shown as they were given, in the order of their coming; the real order is not
published."""

from typing import Any

from connectors.sandbox.clock import iso
from connectors.sandbox.mailchimp.holdings import Store
from connectors.sandbox.mailchimp.state import Account
from connectors.sandbox.mailchimp.wire import Answer, Request, missing, page

type Json = dict[str, Any]


def list_stores(account: Account, request: Request) -> Answer:
    """GET all stores of the account."""

    def show(store: Store) -> Json:
        return {"id": store.id, "list_id": store.list_id, "name": store.id, "_links": [],
                "currency_code": store.currency_code, "created_at": iso(store.created_at)}  # fmt: skip

    return page(request, "stores", list(account.holdings.stores.values()), show)


def _store_of(account: Account, request: Request) -> Store:
    store = account.holdings.stores.get(request.ids["store"])
    if store is None:
        raise missing()
    return store


def list_orders(account: Account, request: Request) -> Answer:
    """GET; each shows its customer."""
    store = _store_of(account, request)
    rows = list(store.orders.values())
    if campaign := request.query.get("campaign_id"):
        rows = [row for row in rows if row.get("campaign_id") == campaign]
    return page(request, "orders", rows, lambda row: _whole(store, row), store_id=store.id)


def list_carts(account: Account, request: Request) -> Answer:
    """GET; each shows its customer."""
    store = _store_of(account, request)
    rows = list(store.carts.values())

    def show(row: Json) -> Json:
        shown = _whole(store, row)
        shown.pop("store_id")
        return shown

    return page(request, "carts", rows, show, store_id=store.id)


def _whole(store: Store, row: Json) -> Json:
    person = store.customers.get(row["customer"]["id"], row["customer"])
    return {"store_id": store.id, "currency_code": store.currency_code, **row, "customer": person,
            "_links": []}  # fmt: skip


def list_customers(account: Account, request: Request) -> Answer:
    """GET."""
    store = _store_of(account, request)
    rows = list(store.customers.values())
    return page(request, "customers", rows, lambda row: {**row, "_links": []}, store_id=store.id)


def list_products(account: Account, request: Request) -> Answer:
    """GET."""
    store = _store_of(account, request)
    rows = list(store.products.values())

    def show(row: Json) -> Json:
        return {"currency_code": store.currency_code, **row, "_links": []}

    return page(request, "products", rows, show, store_id=store.id)
