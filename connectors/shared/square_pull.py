"""A Square seller's payments, refunds, customers and catalogue, pulled.

Read in Square's API reference and official Python client: ListPayments and ListPaymentRefunds
(`updated_at_begin_time`, `sort_field=UPDATED_AT`, 100 a page; without `begin_time` only the last
year comes, and payments only of the main location), SearchCustomers (filter by `created_at` and
`updated_at`, sorted by when they were made), pages by `cursor`.

As in webhooks a completed payment is an order, by the payment's id; here the lines of Square's own
order come with it. Where a seller has webhooks and pulls, the pulled version, with lines, stands.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import Field

from connectors.shared.addresses import Url
from connectors.shared.http import Wire
from connectors.shared.pull_api import Api, iso, rows_of
from connectors.shared.pull_walks import Found, by_cursor, reached
from connectors.shared.pulling import Piece, Polite, Pull, State, States, Told, since
from connectors.shared.square_catalog import Lines, changed, product, with_lines
from connectors.shared.webhook import Json, id_at, moment_at, rows_at, settings_of, text_at
from connectors.shared.webhook_events import Place
from personalization.errors import Retry
from personalization.models import DAY, Event, Micros

NEEDS = (
    "Give this account an access token that may read merchants (locations), payments, orders, "
    "customers and items."
)
FIRST = "2009-01-01T00:00:00Z"
"""Before Square took its first payment."""

A_CALL = 100
MILLISECOND = 1_000
Readers = Mapping[str, Callable[[Place, Json, Json], list[Event]]]


class Settings(Polite):
    """`token` is an access token, `version` of the API. `lines` asks for what payments bought.
    `url` is another address, such as Square's sandbox."""

    token: str = Field(min_length=1, repr=False)
    version: str = Field(default="2026-07-15", pattern=r"^\d{4}-\d{2}-\d{2}$")
    lines: bool = True
    url: Url = Field(default="https://connect.squareup.com", pattern=r"^https?://[^/]+$")


def source(account: str, settings: Mapping[str, Any], readers: Readers) -> Pull:
    """The source over one seller, by the webhook's readers. Calls nothing yet. Raises Stop for
    wrong settings."""
    given = settings_of(Settings, "square", account, settings)
    wire = Wire(f"square/{account}", given.timeout, given.patience, given.sleep)
    headers = {"Authorization": f"Bearer {given.token}", "Square-Version": given.version}
    api = Api(wire, given.url, lambda: headers, NEEDS)
    return Pull("square", account, partial(walks, api, given),
                partial(read, Place("square", account), readers), wire.close)  # fmt: skip


def walks(api: Api, settings: Settings, states: States) -> Iterator[Piece]:
    """The catalogue, customers, payments of each location, refunds."""
    places, now = locations(api)
    yield from changed(api, states.get("products"), settings.overlap)
    yield from customers(api, states.get("customers"), settings.overlap, now)
    lines = Lines(api)
    for name, ask in (*((f"payments {id}", partial(payments, api, id)) for id in places),
                      ("refunds", partial(refunds, api))):  # fmt: skip
        state = states.get(name)
        for piece in by_cursor(name, api.place, ask, updated, since(state, settings.overlap),
                               reached(state)):  # fmt: skip
            bought = settings.lines and name != "refunds"
            yield piece._replace(rows=lines.with_orders(piece.rows)) if bought else piece


def locations(api: Api) -> tuple[list[str], Micros]:
    """The seller's locations, closed ones too, since they had payments; and the server's time."""
    answer = api.get("/v2/locations")
    if answer.at is None:
        raise Retry(f"{api.place}: the answer has no date", 60)
    return sorted(id_at(one, "id") for one in rows_of(api, answer.body, "locations")), answer.at


def payments(api: Api, location: str, begin: Micros, after: str | None) -> Found:
    """A page of one location's payments."""
    return listed(api, "payments", begin, after, location_id=location)


def refunds(api: Api, begin: Micros, after: str | None) -> Found:
    """A page of all locations' refunds."""
    return listed(api, "refunds", begin, after)


def listed(api: Api, name: str, begin: Micros, after: str | None, **more: str) -> Found:
    """A page by the last change."""
    updated_at = at_or_after(begin)
    answer = api.get(
        f"/v2/{name}", begin_time=FIRST, updated_at_begin_time=updated_at, sort_field="UPDATED_AT",
        sort_order="ASC", limit=A_CALL, cursor=after, **more,
    )  # fmt: skip
    rows = rows_of(api, answer.body, name, needed=False)
    return Found(rows, text_at(answer.body, "cursor"))


def customers(
    api: Api, state: State | None, overlap: int, now: Micros
) -> Iterator[Piece]:  # fmt: skip
    """Customers. The first pull goes by when they were made, and so can go on where it was
    killed; `from` is when it began. Later ones ask for those that changed since, which come in
    another order, so only their end moves the walk on."""
    if state is None or "from" in state:
        state = state or {"at": 0, "from": now}
        for piece in by_cursor("customers", api.place, partial(made_since, api), created,
                               since(state, overlap), int(state["at"])):  # fmt: skip
            yield piece._replace(state={**piece.state, "from": state["from"]})
        yield Piece("customers", [], {"at": state["from"]})
        return
    changed_since = {"updated_at": {"start_at": at_or_after(since(state, overlap))}}
    moved = now - int(state["at"]) > DAY
    for piece in by_cursor(
        "customers", api.place, lambda _, after: found_by(api, changed_since, after), created, 0, 0,
        anew=False,
    ):  # fmt: skip
        yield piece._replace(state=state)
        moved = True
    if moved and now > int(state["at"]):
        yield Piece("customers", [], {"at": now})


def made_since(api: Api, begin: Micros, after: str | None) -> Found:
    """A page of customers by when they were made."""
    return found_by(api, {"created_at": {"start_at": at_or_after(begin)}}, after)


def found_by(api: Api, filter: Json, after: str | None) -> Found:
    """A page of customers."""
    query = {"filter": filter, "sort": {"field": "CREATED_AT", "order": "ASC"}}
    body = {"query": query, "limit": A_CALL, "cursor": after}
    answer = api.post("/v2/customers/search", body)
    rows = rows_of(api, answer.body, "customers", needed=False)
    return Found(rows, text_at(answer.body, "cursor"))


def at_or_after(moment: Micros) -> str:
    """The beginning of a window that has the moment in it, whether or not its edges count."""
    return f"{iso(moment - MILLISECOND)}Z" if moment else FIRST


def updated(row: Json) -> Micros | None:
    """When a row changed last."""
    return moment_at(row, "updated_at")


def created(row: Json) -> Micros | None:
    """When a row was made."""
    return moment_at(row, "created_at")


def read(place: Place, readers: Readers, walk: str, row: Json) -> Told:
    """What a row says, by the webhook's parser. Raises Skip."""
    if walk == "products":
        return [product(row)]
    name = walk.partition(" ")[0].removesuffix("s")
    events = readers[name](place, {name: row}, {"type": f"{name}.updated"})
    lines = rows_at(row, "ordered")
    return [*(with_lines(events, lines) if lines else events)]
