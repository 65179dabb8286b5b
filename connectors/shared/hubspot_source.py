"""HubSpot as a source: products, orders or won deals, carts, survey answers, e-mail events, visits.
Each is a stream with a mark of its own; a page never passes what is not yet stored.

Objects are walked by their last change, beyond search's 10,000 results (`hubspot_walk`). Search is
late, so marks stay `lag` seconds behind the server's own time, and what lies after is read again:
keys make it duplicates.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from connectors.shared import hubspot_behaviour as behaviour
from connectors.shared import hubspot_examine as examining
from connectors.shared.hubspot_api import Lacking
from connectors.shared.hubspot_links import lines_of, linked
from connectors.shared.hubspot_marks import joined, split
from connectors.shared.hubspot_purchases import CARTS, DEALS, ORDERS, READ, Object
from connectors.shared.hubspot_purchases import WANTED as PURCHASED
from connectors.shared.hubspot_said import FEEDBACK, PRODUCTS, feedback, product
from connectors.shared.hubspot_said import WANTED as TOLD
from connectors.shared.hubspot_settings import Settings, connected
from connectors.shared.hubspot_walk import Kind, Row, changed
from connectors.shared.webhook import currency_at, put_aside
from connectors.shared.webhook_events import Place
from personalization.connector import Finding, Page, SetAside
from personalization.errors import Skip, Stop
from personalization.models import DAY, SECOND, Event, Micros, Product

A_PAGE = 1_000
WON = {"orders": ORDERS, "deals": DEALS}

Brought = tuple[list[Event | Product], list[SetAside], Micros, int | None]
"""What a piece of a stream says, what could not be taken, the mark after it, and how many rows the
stream has if that is told."""


class HubSpotSource:
    """A `personalization.connector.Source` over one portal."""

    name = "hubspot"

    def __init__(self, account: str, settings: Settings) -> None:
        self.account = account
        self.settings = settings
        self.place = Place("hubspot", account)
        self.api = connected(account, settings)
        self.known_currency: list[str | None] = []

    def examine(self) -> Iterator[Finding]:
        """Whether the token may read what the settings ask for."""
        return examining.examine_source(self.api, self.settings)

    def pull(self, cursor: str | None) -> Iterator[Page]:
        """Everything since the cursor, stream by stream, products first."""
        first, marks = split(cursor)
        for setting, name, stream in self.streams(marks):
            try:
                for made, aside, at, total in stream:
                    marks[name] = at
                    yield Page(
                        events=tuple(one for one in made if isinstance(one, Event)),
                        products=tuple(one for one in made if isinstance(one, Product)),
                        set_aside=tuple(aside), cursor=joined(first, marks), total=total,
                    )  # fmt: skip
            except Lacking as no:
                raise Stop(
                    f"{no} Or leave {name} out: {setting} in this source's settings."
                ) from None

    def streams(self, marks: dict[str, Micros]) -> Iterator[tuple[str, str, Iterator[Brought]]]:
        """What to read, each with the setting that leaves it out and its name."""
        settings = self.settings
        if settings.products:
            yield "products = false", "products", self.objects(PRODUCTS, marks)
        if settings.purchases in WON:
            kind = WON[settings.purchases]
            yield 'purchases = "none"', kind.name, self.objects(kind, marks)
        if settings.carts:
            yield "carts = false", "carts", self.objects(CARTS, marks)
        if settings.feedback:
            yield "feedback = false", "feedback", self.objects(FEEDBACK, marks, "feedback")
        if settings.mail:
            for name in behaviour.KINDS:
                stream = self.happened(f"mail {name}", behaviour.mail(self.api, name), marks)
                yield "mail = false", f"mail {name}", stream
        if settings.visits:
            stream = self.happened("visits", behaviour.visits(self.api), marks)
            yield "visits = false", "visits", stream

    def objects(self, kind: Kind, marks: dict[str, Micros], name: str = "") -> Iterator[Brought]:
        """Objects of a kind that changed since its mark."""
        since = marks.get(name or kind.name, 0)
        wanted = PURCHASED.get(kind.name) or TOLD[kind.name]
        rows: list[Row] = []
        for found in changed(self.api, since, [*wanted, kind.changed], self.settings.search_page,
                             kind):  # fmt: skip
            rows.extend(found.rows)
            since = max(since, self.settled(found.complete))
            if len(rows) >= A_PAGE:
                yield *self.told(kind, rows), since, found.total
                rows = []
        if rows:
            yield *self.told(kind, rows), since, len(rows)

    def settled(self, at: Micros) -> Micros:
        """The moment until which search has shown all there is, if it has shown all until `at`."""
        lag = self.settings.lag * SECOND
        return max(0, at - lag if self.api.told is None else min(at, self.api.told - lag))

    def told(self, kind: Kind, rows: Sequence[Row]) -> tuple[list[Event | Product], list[SetAside]]:
        """What objects say; those that make no sense are set aside, and the others are taken."""
        ids = [str(row["id"]) for row in rows]
        if kind is FEEDBACK:
            # Most name their contact themselves.
            ids = [str(row["id"]) for row in rows if not row["properties"].get("hs_contact_id")]
        contacts = {} if kind is PRODUCTS else linked(self.api, kind.name, ids, "contacts")
        lines = lines_of(self.api, kind.name, rows) if kind.name in READ else {}
        currency = self.currency() if kind is not FEEDBACK else None
        made: list[Event | Product] = []
        aside: list[SetAside] = []
        for row in rows:
            id = str(row["id"])
            try:
                if kind is PRODUCTS:
                    made.append(product(row, currency))
                elif kind is FEEDBACK:
                    made.append(feedback(self.place, row, contacts.get(id, [])))
                else:
                    one = Object(self.place, row, contacts.get(id, []), lines.get(id, []), currency)
                    made.extend(READ[kind.name](one))
            except Skip as reason:
                aside.append(put_aside(f"{self.place} {kind.name} {id}", dict(row), reason))
        return made, aside

    def currency(self) -> str | None:
        """The currency of amounts that name none: the settings', else the portal's own."""
        if not self.known_currency:
            told: dict[str, Any] = {}
            if self.settings.currency is None:
                told = self.api.raw("GET", "/account-info/v3/details")
            self.known_currency.append(
                self.settings.currency or currency_at(told, "companyCurrency")
            )
        return self.known_currency[0]

    def happened(
        self, name: str, read: behaviour.Span, marks: dict[str, Micros]
    ) -> Iterator[Brought]:
        """What happened since a mark, or in the last `history` days."""
        now = self.api.told or int(self.settings.clock() * SECOND)
        since = marks.get(name, max(0, now - self.settings.history * DAY))
        make = behaviour.visit_event if name == "visits" else behaviour.mail_event
        for rows, until in behaviour.spans(read, since, now):
            made = [one for row in rows if (one := make(self.place, row)) is not None]
            # Events show late: the last of them are read again.
            mark = max(since, min(until, now - self.settings.lag * SECOND))
            if made or mark > since:
                yield list(made), [], mark, None

    def close(self) -> None:
        """Closes the kept connections."""
        self.api.wire.close()
