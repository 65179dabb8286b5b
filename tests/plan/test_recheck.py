"""What is judged again before it is sent: a send that is pointless by now takes no other's place."""

from types import SimpleNamespace

import numpy as np

from personalization.engine import Engine
from personalization.models import DAY
from personalization.plan.recheck import beyond, moot
from personalization.playbook.model import Cap, Limits

NOW = 100 * DAY


def texts(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


def test_a_send_that_is_moot_counts_for_no_cap() -> None:
    with Engine() as engine:
        engine.table("contacts", {"i": np.array([0]), "id": texts("c"), "now": np.array([NOW])})
        engine.table("events", {"contact": texts("c"), "kind": texts("order"),
                                "occurred_at": np.array([NOW - 5])})  # fmt: skip
        engine.table("sends", {
            "contact": texts("c", "c", "c"), "key": texts("old", "cart", "thanks"),
            "moment": np.array([NOW - DAY, NOW - 20, NOW - 10]),
            "state": texts("confirmed", "planned", "planned"),
        })  # fmt: skip
        cart = SimpleNamespace(id=1, key="cart", contact="c", moment=NOW - 20,
                               new={"unless": "order", "start": NOW - 30})  # fmt: skip
        thanks = SimpleNamespace(id=2, key="thanks", contact="c", moment=NOW - 10, new={})
        limits = Limits(caps=(Cap(count=2, window=7 * DAY),))
        over = moot(engine, [cart, thanks])
        assert over == {1}
        assert beyond(engine, limits, [cart, thanks], over, NOW) == set()
        assert beyond(engine, limits, [cart, thanks], set(), NOW) == {2}
