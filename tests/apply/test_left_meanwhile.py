"""Whoever leaves while fields are being written is sent nothing, also if only a send is for them:
the pull right after our own writes asks for those who were written to, and not for everybody."""

import pytest

from personalization.models import DAY, HOUR, MINUTE
from tests.plan.corner import NOW, Corner, event

DAY_AFTER = NOW + DAY


@pytest.mark.parametrize("action", ["archive", "unsubscribe", "clean"])
def test_who_leaves_while_others_are_written_to_is_sent_nothing(
    corner: Corner, action: str
) -> None:
    corner.settled()
    corner.happened(
        DAY_AFTER, event("order", 5, DAY_AFTER), event("cart", 3, DAY_AFTER - HOUR - MINUTE)
    )
    corner.pull(DAY_AFTER)
    plan = corner.plan(DAY_AFTER)
    outlet, real, left = corner.destination, corner.destination.write, list[str]()

    def write(permits):
        kinds = {one.row.kind for one in permits}
        yield from real(permits)
        if "fields" in kinds and not left:
            left.append(action)
            corner.person(3, action)

    outlet.write = write
    applied = corner.apply(plan, DAY_AFTER)
    assert left == [action]
    assert (applied.sends, corner.sent()) == (0, [])
    assert sum(applied.refused.values()) >= 1
