"""`decide([x])` equals `decide(everyone)[x]` on real data, in any batch, on any number of threads.

Every contact is decided alone when OFONE_EXHAUSTIVE=1 (`make soak` does so); else a sample of
them is, in the same batches.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.demo.data import NOW
from personalization.decide.output import Decided
from personalization.plan.session import engines, session
from personalization.playbook.load import load
from personalization.playbook.model import Playbook
from personalization.store.protocol import Scope, Store
from tests.oracle.conftest import EXHAUSTIVE, ROOT, MakeStore

Shop = tuple[Path, Store, Playbook]


@pytest.fixture(scope="module")
def shop(grocery: MakeStore) -> Shop:
    return (*grocery(None), load(ROOT / "templates" / "grocery"))


def outcomes(decided: Decided) -> Iterator[tuple[str, object]]:
    """Everything decided for each contact, by contact."""
    for i, contact in enumerate(decided.contacts):
        yield contact, (
            decided.arms[i], decided.stage[i], decided.memberships[i],
            {name: repr(column[i]) for name, column in decided.traits.items()},
            {name: bool(column[i]) for name, column in decided.segments.items()},
            {name: (slot.id[i], slot.message[i], slot.picks[i], slot.probabilities[i],
                    int(slot.standing_until[i])) for name, slot in decided.slots.items()},
            {name: column[i] for name, column in decided.fields.items()},
            sorted(look for look in decided.looks if look.contact == contact),
            sorted(one.key for one in decided.intents if one.contact == contact),
        )  # fmt: skip


def decided_in(shop: Shop, threads: int, size: int | None, most: int | None) -> dict[str, object]:
    """What is decided in batches of a size; None is everyone at once."""
    folder, store, playbook = shop
    with session(store, engines(folder, threads), playbook, NOW) as run:
        store.load(run.engine, Scope(), NOW)
        ids = run.engine.columns("SELECT id FROM contacts ORDER BY id")["id"].tolist()[:most]
        scopes = [Scope()] if size is None else [
            Scope(ids=tuple(ids[start : start + size])) for start in range(0, len(ids), size)
        ]  # fmt: skip
        found: dict[str, object] = {}
        for scope in scopes:
            found.update(outcomes(run.decide(scope, NOW)[0]))
    return found


@pytest.fixture(scope="module")
def everyone(shop: Shop) -> dict[str, object]:
    return decided_in(shop, 2, None, None)


def test_everyone_is_there_and_almost_everyone_sees_something(
    shop: Shop, everyone: dict[str, object]
) -> None:
    assert len(everyone) >= 2_000
    defaults = {name: field.fallback for name, field in shop[2].fields.items()}
    filled = [one for one in everyone.values() if one[6] != defaults or one[0] == "holdout"]  # type: ignore[index]
    assert len(filled) >= 0.9 * len(everyone)
    picked = [one for one in everyone.values() if any(slot[2] for slot in one[5].values())]  # type: ignore[index]
    assert len(picked) >= 0.85 * len(everyone)


@pytest.mark.parametrize(
    ("threads", "size", "sample"),
    [(1, None, None), (2, 1_000, None), (1, 1_000, None), (1, 7, 140), (2, 7, 140), (1, 1, 40),
     (2, 1, 40)],
)  # fmt: skip
def test_a_batch_decides_what_everyone_decides(
    shop: Shop, everyone: dict[str, object], threads: int, size: int | None, sample: int | None
) -> None:
    found = decided_in(shop, threads, size, None if EXHAUSTIVE else sample)
    different = [contact for contact, outcome in found.items() if outcome != everyone[contact]]
    assert not different
    assert len(found) == (len(everyone) if EXHAUSTIVE or sample is None else sample)
