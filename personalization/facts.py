"""Facts: what is learnt from everyone, versioned by content, so that deciding needs only one."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Self

from pydantic import Field

from personalization.engine import Engine
from personalization.models import DAY, Frozen, Micros
from personalization.store.protocol import Store

RECENT = 14 * DAY
CURRENCIES = "currencies"
GROUP = 4_000_000
"""Events at once: few of them are recent, and only those are kept in memory."""
HALF = 1 << 19
"""Popularity of the most bought product. An own purchase today weighs twice as much."""


class Facts(Frozen):
    """`popularity` is P by product id, only where it is not 0: round(2**19 * orders with it in
    the 14 days before `as_of` / the largest such count). `tables` is for policies that learn:
    JSON values by name; "currencies" among them, {kind: [currency]} of all amounts until the end
    of the day, so that whoever is decided is decided in the same money. `version` is the hash of the content; see `of`."""

    version: str
    as_of: Micros
    popularity: Mapping[str, int] = Field(default_factory=dict)
    tables: Mapping[str, Any] = Field(default_factory=dict)

    @classmethod
    def of(
        cls, as_of: Micros, popularity: Mapping[str, int], tables: Mapping[str, Any] | None = None
    ) -> Self:
        """Facts with the version that their content gives them."""
        body = {"as_of": as_of, "popularity": dict(popularity), "tables": dict(tables or {})}
        version = sha256(canonical(body).encode()).hexdigest()
        return cls(
            version=version, as_of=as_of, popularity=dict(popularity), tables=dict(tables or {})
        )

    def to_json(self) -> str:
        """The content as canonical JSON: the same facts are the same text."""
        return canonical(self.model_dump(exclude={"version"}))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Back from `to_json`."""
        body = json.loads(text)
        return cls.of(body["as_of"], body["popularity"], body["tables"])


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def day_of(now: Micros) -> Micros:
    """The `as_of` of the facts that are good for a moment: its UTC midnight."""
    return now // DAY * DAY


def reduce(store: Store, engine_factory: Callable[[], Engine], as_of: Micros) -> Facts:
    """Facts from the whole log, some groups of contacts at a time."""
    counts: dict[str, int] = {}
    money: dict[str, set[str]] = {}
    with engine_factory() as engine:
        for scope in store.groups(GROUP):
            store.load_log(engine, scope)
            for product, orders in recent_orders(engine, as_of).items():
                counts[product] = counts.get(product, 0) + orders
            for kind, currency in currencies(engine, as_of):
                money.setdefault(kind, set()).add(currency)
    held = {kind: sorted(codes) for kind, codes in money.items()}
    return Facts.of(as_of, popularity(counts), {CURRENCIES: held} if held else None)


def currencies(engine: Engine, as_of: Micros) -> list[tuple[str, str]]:
    """Which kinds of event hold amounts in which currencies, until the end of the day. Without a
    join to the loaded contacts: what others hold belongs to the same whole."""
    rows = engine.rows(
        f"SELECT DISTINCT kind, currency FROM events WHERE currency IS NOT NULL "
        f"AND occurred_at < {as_of + DAY}"
    )
    return [(str(kind), str(currency)) for kind, currency in rows]


def recent_orders(engine: Engine, as_of: Micros) -> dict[str, int]:
    """How many orders of (as_of - 14 d, as_of] hold each product, among the loaded contacts."""
    rows = engine.rows(
        f"""SELECT product, COUNT(*) FROM (
            SELECT DISTINCT e.key AS key, e.l.product AS product FROM (
                SELECT key, UNNEST(lines) AS l FROM events SEMI JOIN contacts ON id = contact
                WHERE kind = 'order' AND occurred_at > {as_of - RECENT}
                AND occurred_at <= {as_of}) AS e)
        WHERE product IS NOT NULL GROUP BY product"""
    )
    return {str(product): int(str(orders)) for product, orders in rows}


def popularity(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts as integers from 0 to 2**19, half up, by product id; what comes to 0 is left out."""
    most = max(counts.values(), default=0)
    shares = {
        product: (2 * HALF * orders + most) // (2 * most)
        for product, orders in sorted(counts.items())
    }
    return {product: share for product, share in shares.items() if share}
