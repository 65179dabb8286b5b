"""Which products: what the contact buys, the recent first, filled up with what is popular.

score = sum of W[age in whole days] over the contact's orders with the product + P[product], both
integers; W[d] = round(2**20 * 2**(-d / 180)); P comes from the facts. Candidates are the
contact's own products and the 200 most popular ones, all in stock; equal scores go by product id.
"""

from collections.abc import Mapping

import numpy as np

from personalization.engine import Engine
from personalization.facts import Facts
from personalization.models import DAY, Columns
from personalization.traits.weights import weights

HALF_LIFE = 180 * DAY
POPULAR = 200
CHUNK = 100_000
NOTHING = -1


def picks(engine: Engine, facts: Facts, wanted: Columns) -> dict[int, list[str]]:
    """For each row of `wanted` (columns i and n, i unique) the ids of at most n products, best
    first. Reads the tables lines and goods of `traits.prepare`. A product that is out of stock, or
    not in the catalogue, is never among them."""
    i, n = np.asarray(wanted["i"], dtype=np.int64), np.asarray(wanted["n"], dtype=np.int64)
    goods = engine.columns("SELECT id FROM goods WHERE p IS NOT NULL ORDER BY p")
    ids = np.asarray(goods["id"], dtype=object)
    if not len(i) or not len(ids):
        return {one: [] for one in i.tolist()}
    popularity = np.array([facts.popularity.get(one, 0) for one in ids.tolist()], dtype=np.int64)
    best = ranked(own_scores(engine, i, len(ids)), i, n, popularity)
    # NOTHING is -1: the last name, never shown.
    names = np.array([*ids.tolist(), None], dtype=object)[best].tolist()
    counts = np.minimum((best != NOTHING).sum(axis=1), n).tolist()
    rows = zip(names, counts, strict=True)
    return dict(zip(i.tolist(), (row[:count] for row, count in rows), strict=True))


def own_scores(engine: Engine, i: np.ndarray, products: int) -> Mapping[str, np.ndarray]:
    """Columns row (index into `i`), p and score: the contacts' own products, by row and p. An
    order with a product on several lines counts once."""
    engine.table("wanted", {"i": i, "row": np.arange(len(i))})
    found = engine.columns(
        f"""SELECT w.row AS row, e.age // {DAY} AS day, e.event AS event, e.p AS p
        FROM lines AS e JOIN wanted AS w ON w.i = e.i WHERE e.kind = 'order' AND e.p IS NOT NULL"""
    )
    row, day, event, p = (
        np.asarray(found[name], dtype=np.int64) for name in ("row", "day", "event", "p")
    )
    order = sorted_by(row * products + p, event)
    row, day, event, p = row[order], day[order], event[order], p[order]
    pair = row * products + p
    again = np.append(False, (pair[1:] == pair[:-1]) & (event[1:] == event[:-1]))
    table = np.array((*weights(HALF_LIFE), 0), dtype=np.int64)
    weight = np.where(again, 0, table[np.minimum(day, len(table) - 1)])
    starts = np.flatnonzero(np.append(True, pair[1:] != pair[:-1])) if len(pair) else pair
    total = np.add.reduceat(weight, starts) if len(starts) else starts
    return {"row": row[starts], "p": p[starts], "score": total}


def sorted_by(major: np.ndarray, minor: np.ndarray) -> np.ndarray:
    """The order by (major, minor), both not negative: one sort of both in one integer where
    they fit, which is several times faster."""
    if not len(major):
        return np.zeros(0, dtype=np.int64)
    shift = int(minor.max()).bit_length()
    if int(major.max()).bit_length() + shift <= 63:
        return np.argsort((major << shift) | minor)
    return np.lexsort((minor, major))


def ranked(
    own: Mapping[str, np.ndarray], i: np.ndarray, n: np.ndarray, popularity: np.ndarray
) -> np.ndarray:
    """The best products' p for each row, best first, NOTHING where there are fewer.

    The best n are among the own best n and the n most popular: whatever is less popular, and
    not the contact's own, has all those n before it.
    """
    most = int(n.max(initial=0))
    product, score = own_best(own, len(i), most, popularity)
    popular = np.lexsort((np.arange(len(popularity)), -popularity))[: min(POPULAR, most)]
    best = np.full((len(i), most), NOTHING, dtype=np.int64)
    for start in range(0, len(i), CHUNK):
        part = slice(start, start + CHUNK)
        found = merged(product[part], score[part], popular, popularity)
        best[part, : found.shape[1]] = found[:, :most]
    best[np.arange(most)[None, :] >= n[:, None]] = NOTHING
    return best


def own_best(
    own: Mapping[str, np.ndarray], rows: int, most: int, popularity: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two matrices of `most` columns: the best own products (NOTHING where there are fewer) and
    their scores with P."""
    total = own["score"] + popularity[own["p"]]
    # Stable order of (row, score descending): within equals p stays ascending.
    behind = int(total.max(initial=0)) - total
    shift = int(behind.max(initial=0)).bit_length()
    fits = int(own["row"].max(initial=0)).bit_length() + shift <= 63
    packed = (own["row"] << shift) | behind
    order = np.argsort(packed, kind="stable") if fits else np.lexsort((behind, own["row"]))
    row = own["row"][order]
    rank = np.arange(len(row)) - np.searchsorted(row, row, side="left")
    keep = rank < most
    product = np.full((rows, most), NOTHING, dtype=np.int64)
    score = np.full((rows, most), NOTHING, dtype=np.int64)
    product[row[keep], rank[keep]] = own["p"][order][keep]
    score[row[keep], rank[keep]] = total[order][keep]
    return product, score


def merged(
    product: np.ndarray, score: np.ndarray, popular: np.ndarray, popularity: np.ndarray
) -> np.ndarray:
    """Own and popular products of each row, best first, NOTHING last."""
    known = (product[:, :, None] == popular[None, None, :]).any(axis=1)
    others = np.where(known, NOTHING, popular)
    values = np.where(known, NOTHING, popularity[popular])
    products = np.concatenate([product, others], axis=1)
    scores = np.concatenate([score, values], axis=1)
    order = np.lexsort((products, -scores), axis=1)
    return np.take_along_axis(products, order, axis=1)
