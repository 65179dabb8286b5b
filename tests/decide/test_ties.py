"""Equal scores go by product id, whether a product is the contact's own or a popular one."""

import numpy as np
import pytest

from personalization.decide.picks import picks
from personalization.engine import Engine
from personalization.facts import Facts
from personalization.models import DAY
from personalization.traits.prepare import prepare
from tests.traits.building import fill, playbook

TODAY = 1 << 20
"""What a purchase of today weighs."""


@pytest.mark.parametrize(
    ("popularity", "best"),
    [
        ({"a": TODAY}, ["a", "b", "c"]),
        ({"c": TODAY}, ["b", "c", "a"]),
        ({"a": TODAY, "c": TODAY}, ["a", "b", "c"]),
        ({"a": TODAY - 1}, ["b", "a", "c"]),
    ],
)
def test_of_equal_scores_the_smaller_id_comes_first(popularity, best):
    bought = {"key": "o", "kind": "order", "contact": "x", "occurred_at": DAY,
              "lines": [{"product": "b", "quantity": 1}]}  # fmt: skip
    goods = [{"id": one, "name": one} for one in "cab"]
    with Engine(threads=1) as engine:
        fill(engine, [{"id": "x", "now": DAY}], [bought], goods)
        prepare(engine, playbook(picks=1))
        wanted = {"i": np.array([0]), "n": np.array([3])}
        assert picks(engine, Facts.of(0, popularity), wanted) == {0: best}
