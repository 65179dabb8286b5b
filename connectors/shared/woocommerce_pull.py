"""A WooCommerce shop's orders, customers and products, pulled by its REST API v3.

Read in WooCommerce's own code (`class-wc-rest-crud-controller.php`, `-orders-controller.php`,
`-customers-v1-controller.php`) and its REST API documentation: `modified_after` and
`modified_before` exclude the moment they name, compare GMT with `dates_are_gmt`, and with
`orderby=modified` rows of one second are ordered by id; pages have numbers, at most 100 rows, with
X-WP-Total and X-WP-TotalPages; status `any` leaves out what is in the trash, so that is asked for
too. Bodies are those of the webhooks.

Customers cannot be asked for by their last change, only by id. New ones are read from where the
last pull ended; of the others each pull reads one page again, in turn, so that a change that no
webhook told is found after as many pulls as there are pages of customers.

Unverified on a live shop: that moving to the trash counts as a change there. What is deleted for
ever is in no list.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import Field

from connectors.shared.addresses import Url
from connectors.shared.http import Wire
from connectors.shared.pull_api import Answer, Api, iso, rows_of
from connectors.shared.pull_walks import Found, by_page, reached
from connectors.shared.pulling import Piece, Polite, Pull, State, States, Told, nowhere, since
from connectors.shared.webhook import Json, count_at, currency_at, moment_at, settings_of
from connectors.shared.webhook_events import Place
from personalization.models import SECOND, Micros

NEEDS = (
    "Give this account a REST API key and secret with read permission (WooCommerce, Settings, "
    "Advanced, REST API), and an https address."
)
WALKS = (("trashed products", "products", "trash"), ("products", "products", "any"),
         ("trashed orders", "orders", "trash"), ("orders", "orders", "any"))  # fmt: skip
"""(walk, list, status). What is in the trash comes first: whatever is restored is told after."""

SHARED = 10
"""Customers read again where the last page ended, to see whether any before them were deleted."""

MOST_IDLE = 1_000
"""Pages without anybody new, before they lead nowhere."""

Reading = Callable[[Place, str | None, str | None, str, Json], Told]
"""(place, currency, consent meta, list, body) to what the webhook's parser makes of it."""


class Settings(Polite):
    """`url` is the shop's address, `key` and `secret` its REST API's. `page` is how many rows a
    call brings. `currency` and `consent_meta` as for the webhook; without `currency` the shop is
    asked."""

    url: Url = Field(pattern=r"^https?://.+[^/]$")
    key: str = Field(min_length=1, repr=False)
    secret: str = Field(min_length=1, repr=False)
    page: int = Field(default=100, ge=20, le=100)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    consent_meta: str | None = None


def source(account: str, settings: Mapping[str, Any], told: Reading) -> Pull:
    """The source over one shop; `told` gives what an order, customer or product says. Calls
    nothing yet. Raises Stop for wrong settings."""
    given = settings_of(Settings, "woocommerce", account, settings)
    wire = Wire(f"woocommerce/{account}", given.timeout, given.patience, given.sleep)
    api = Api(wire, f"{given.url}/wp-json/wc/v3", dict, NEEDS, (given.key, given.secret))
    shop = Shop(given, api, partial(told, Place("woocommerce", account)))
    return Pull("woocommerce", account, shop.walks, shop.read, wire.close)


class Shop:
    """The walks through one shop."""

    def __init__(
        self,
        settings: Settings,
        api: Api,
        told: Callable[[str | None, str | None, str, Json], Told],
    ) -> None:
        self.settings = settings
        self.api = api
        self.told = told

    def walks(self, states: States) -> Iterator[Piece]:
        """Products, orders, customers."""
        if self.settings.currency is None:
            said = self.get("/data/currencies/current").body
            self.settings = self.settings.model_copy(update={"currency": currency_at(said, "code")})
        for walk, name, status in WALKS:
            state = states.get(walk)
            yield from by_page(walk, self.api.place, partial(self.listed, name, status), modified,
                               since(state, self.settings.overlap), reached(state))  # fmt: skip
        yield from self.customers(states)

    def read(self, walk: str, row: Json) -> Told:
        """What a row says, by the webhook's parser. Raises Skip."""
        name = walk.rpartition(" ")[2]
        return self.told(self.settings.currency, self.settings.consent_meta, name, row)

    def get(self, path: str, **query: Any) -> Answer:
        """One call, whose refusal stops."""
        return self.api.get(path, **query)

    def listed(
        self, name: str, status: str, begin: Micros, before: Micros | None, page: int
    ) -> Found:
        """A page of what changed in or after the second of `begin`, and before `before`."""
        answer = self.get(
            f"/{name}", status=status, orderby="modified", order="asc", dates_are_gmt="true",
            per_page=self.settings.page, page=page,
            modified_after=iso(begin - SECOND, exact=False) if begin else None,
            modified_before=iso(before, exact=False) if before else None,
        )  # fmt: skip
        return self.found(answer, page)

    def found(self, answer: Answer, page: int) -> Found:
        """A page from its answer. Where some proxy took the headers away, a full page is taken to
        have another one behind it."""
        rows = rows_of(self.api, answer.body)
        pages, total = (count_at(answer.headers, f"x-wp-total{end}") for end in ("pages", ""))
        more = len(rows) >= self.settings.page if pages is None else page < pages
        return Found(rows, str(page + 1) if more and rows else None, total)

    def customers(self, states: States) -> Iterator[Piece]:
        """New customers by id, and one page of the others."""
        state = states.get("customers", {"id": 0, "offset": 0, "turn": 0})
        known, turn = int(state["offset"]), int(state["turn"])
        for piece in self.new_customers(state):
            state = piece.state
            yield piece
        if known:
            rows = rows_of(self.api, self.people(turn).body)
            after = turn + self.settings.page
            yield Piece("customers", rows, {**state, "turn": after if after < known else 0})

    def new_customers(self, state: State) -> Iterator[Piece]:
        """Customers with an id above the highest known, who lie at `offset` or, where others were
        deleted, before it. Pages share some customers, to see that none was passed over."""
        highest, offset, idle = int(state["id"]), max(0, int(state["offset"]) - SHARED), 0
        while idle < MOST_IDLE:
            answer = self.people(offset)
            rows = rows_of(self.api, answer.body)
            ids = [count_at(row, "id") or 0 for row in rows]
            idle += 1
            if offset and (not ids or min(ids) > highest):
                offset = max(0, offset - self.settings.page)
                continue
            fresh = [row for row, id in zip(rows, ids, strict=True) if id > highest or not id]
            highest = max([highest, *ids])
            if fresh:
                idle = 0
                now = {**state, "id": highest, "offset": offset + len(rows)}
                yield Piece("customers", fresh, now, count_at(answer.headers, "x-wp-total"))
            if len(rows) < self.settings.page:
                return
            offset += len(rows) - SHARED
        raise nowhere(self.api.place, "customers")

    def people(self, offset: int) -> Answer:
        """A page of customers of every role, by id."""
        return self.get("/customers", orderby="id", order="asc", role="all", offset=offset,
                        per_page=self.settings.page)  # fmt: skip


def modified(row: Json) -> Micros | None:
    """When a row changed last."""
    return moment_at(row, "date_modified_gmt")
