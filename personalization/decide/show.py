"""From decisions to what a contact sees: the rendered fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from personalization.decide.output import SlotDecisions
from personalization.engine import Engine
from personalization.render import Rendered, Renderer


@dataclass(frozen=True)
class Catalogue:
    """The products by id as templates see them, of one version; `in_stock` their ids."""

    version: str
    products: Mapping[str, Mapping[str, object]]
    in_stock: frozenset[str]


def catalogue(engine: Engine, version: str) -> Catalogue:
    """Reads the engine's `products` table."""
    found = engine.columns(
        "SELECT id, name, category, price, currency, url, image, in_stock FROM products"
    )
    names = ("id", "name", "category", "price", "currency", "url", "image")
    rows = zip(*(found[name].tolist() for name in names), strict=True)
    products = {row[0]: dict(zip(names, row, strict=True)) for row in rows}
    sold = np.asarray(found["in_stock"], dtype=bool)
    return Catalogue(version, products, frozenset(found["id"][sold].tolist()))


def show(
    renderer: Renderer,
    goods: Catalogue,
    columns: Mapping[str, Sequence[object]],
    chosen: Mapping[str, SlotDecisions],
    treated: np.ndarray,
) -> Rendered:
    """Renders every field of every contact. `columns` are traits, segments and stage by name."""
    products = goods.products
    picks = {
        name: [[products[one] for one in row if one in products] for row in slot.picks]
        for name, slot in chosen.items()
    }
    messages = {name: slot.message for name, slot in chosen.items()}
    decisions = {name: slot.id for name, slot in chosen.items()}
    return renderer.fields(columns, picks, messages, treated.tolist(), decisions)
