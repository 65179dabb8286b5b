"""The catalogue as far as a run's contacts need it: one webhook must not wait for a hundred
thousand products."""

import json
from collections.abc import Iterator
from weakref import WeakKeyDictionary

import numpy as np

from personalization.decide.show import Catalogue, catalogue
from personalization.engine import Engine
from personalization.facts import Facts
from personalization.playbook.model import Playbook
from personalization.store.protocol import Scope, Store

MANY = 20_000
"""From so many events on, finding the products that they name costs as much as loading all."""
FEW = 100
"""Up to so many contacts nobody counts their events first."""
PIECE = 100
KEPT = 200_000
"""Products of a whole catalogue that a process keeps from one run to the next."""
_whole: WeakKeyDictionary[Store, Catalogue] = WeakKeyDictionary()


class Goods:
    """One version of the catalogue during one run. `stock` gives what the loaded contacts need:
    the products in their events, in their standing decisions, and the most popular in stock.
    More products than these change no decision."""

    def __init__(
        self, store: Store, engine: Engine, playbook: Playbook, facts: Facts, version: str
    ) -> None:
        self.version = version
        self._store, self._engine, self._facts = store, engine, facts
        self._picks = max((slot.picks for slot in playbook.slots.values()), default=0)
        self._whole = False
        self.latest = Catalogue(version, {}, frozenset())
        """What `stock` gave last."""

    def stock(self, scope: Scope) -> Catalogue:
        """Makes the engine's `products` for the contacts of the scope, whose events and standing
        decisions are there."""
        if not self._whole:
            named = scope.ids is not None and len(scope.ids) <= FEW
            few = self.few() if named or self.events() < MANY else None
            self._whole = few is None
            self.latest = few or self.load(None)
        return self.latest

    def events(self) -> int:
        """How many events are there."""
        ((count,),) = self._engine.rows("SELECT COUNT(*) FROM events")
        return int(count)

    def few(self) -> Catalogue | None:
        """Only what is needed; None where the popular products do not give enough in stock."""
        named = {str(one) for (one,) in self._engine.rows(
            "SELECT DISTINCT l.product FROM (SELECT UNNEST(lines) AS l FROM events)") if one}  # fmt: skip
        standing = self._engine.rows("SELECT DISTINCT picks FROM standing WHERE picks <> '[]'")
        named.update(one for (text,) in standing for one in json.loads(str(text)))
        popular = set[str]()
        for piece in pieces(self._facts):
            popular |= piece
            found = self.load(named | popular)
            if len(popular & found.in_stock) >= self._picks:
                return found
        return None if self._picks else self.load(named)

    def load(self, ids: set[str] | None) -> Catalogue:
        """Some products or all."""
        self._store.load_products(self._engine, self.version, ids)
        if ids is not None:
            return catalogue(self._engine, self.version)
        whole = _whole.get(self._store)
        if whole is None or whole.version != self.version:
            whole = catalogue(self._engine, self.version)
            if len(whole.products) <= KEPT:
                _whole[self._store] = whole
        return whole


def pieces(facts: Facts) -> Iterator[set[str]]:
    """The popular products, the most popular first, equal ones by id, in growing pieces."""
    ids = list(facts.popularity)
    score = np.array(list(facts.popularity.values()), dtype=np.int64)
    # The facts keep them by id, and the sort is stable.
    order = np.argsort(-score, kind="stable").tolist()
    begin, size = 0, PIECE
    while begin < len(order):
        yield {ids[one] for one in order[begin : begin + size]}
        begin, size = begin + size, size * 4
