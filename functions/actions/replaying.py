"""Recomputing what was decided, from the log as it was then."""

from collections.abc import Iterator

from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.models import Frozen, Micros
from personalization.receipt.replay import replay_all as recompute


class Difference(Frozen):
    """A decision that is not what recomputing it gives."""

    contact: str
    decision: str
    difference: str


class Replayed(Frozen):
    """How many decisions were recomputed, by what came out."""

    equal: int = 0
    differs: int = 0
    erased: int = 0
    differences: tuple[Difference, ...] = ()


def replay_all(
    shop: Shop, contacts: int, at: Micros | None = None, tell: Tell = silent
) -> Replayed:
    """Recomputes every decision, recorded by `at`, of so many contacts."""
    counts = {"equal": 0, "differs": 0, "erased": 0}
    differences = []
    chosen = some_contacts(shop, contacts)
    decisions = [one for contact in chosen for one in shop.store.decisions_of(contact, at)]
    for done, (one, verdict) in enumerate(recompute(shop.store, shop.engines, decisions), start=1):
        counts[verdict.verdict] += 1
        if verdict.verdict == "differs":
            differences.append(Difference(contact=str(one["contact"]), decision=str(one["id"]),
                                          difference=verdict.difference or ""))  # fmt: skip
        tell("recomputing", done, len(decisions))
    return Replayed(**counts, differences=tuple(differences))


def some_contacts(shop: Shop, most: int) -> Iterator[str]:
    """The first contacts in the order of their ids, which are hashes and so a fair sample."""
    for scope in shop.store.groups():
        with shop.engines() as engine:
            shop.store.load(engine, scope, shop.clock())
            found = engine.rows(f"SELECT id FROM contacts ORDER BY id LIMIT {most}")
        yield from (str(one) for (one,) in found)
        most -= len(found)
        if most <= 0:
            return
