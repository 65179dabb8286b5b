"""Who has opted out in one place and is subscribed in the other is sent nothing by either, however
the sending begins and however late the opt-out becomes known. Judged by the ledger."""

import hashlib

import pytest

from personalization.models import HOUR
from tests.proofs.conftest import HUBSPOT, MAILCHIMP, email

LATER = "2026-03-02T14:05:00Z"
LEFT_AUDIENCE, LEFT_PORTAL, STAYS = 4, 5, 6


def leave(both) -> None:
    """One leaves here, one there; both and a third leave carts behind."""
    both.unsubscribe(LEFT_AUDIENCE)
    both.opt_out(LEFT_PORTAL)
    both.carts(LEFT_AUDIENCE, LEFT_PORTAL, STAYS)


def held_to(both) -> None:
    """One send, to the one who has left neither."""
    (sent,) = both.sends()
    assert sent["member"] == hashlib.md5(email(STAYS).encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("first", [MAILCHIMP, HUBSPOT])
def test_by_plan_and_apply_of_each(both, first) -> None:
    leave(both)
    both("pull", "--now", LATER)
    for place in (first, *({MAILCHIMP, HUBSPOT} - {first})):
        made = both.json("plan", "--to", place, "--now", LATER)
        both("apply", made["id"], "--now", LATER)
    assert len(both.sends()) == 1
    assert LEFT_AUDIENCE not in reached(both)
    assert LEFT_PORTAL not in reached(both)


def reached(both) -> list[int]:
    """The numbers of those who were sent anything by either."""
    found = []
    for n in (LEFT_AUDIENCE, LEFT_PORTAL, STAYS):
        member = hashlib.md5(email(n).encode(), usedforsecurity=False).hexdigest()
        record = both.sandbox.world.portal.tables["contacts"].with_email(email(n)).id
        if any(str(record) == str(one.get("record")) or one.get("member") == member
               for one in both.sends()):  # fmt: skip
            found.append(n)
    return found


def test_by_tick_though_nobody_has_pulled_since(both) -> None:
    both.carts(LEFT_AUDIENCE, LEFT_PORTAL, STAYS)
    both("tick", "--now", "2026-03-02T12:31:00Z")
    # After the last look at either place, and before the hour of waiting is over.
    both.unsubscribe(LEFT_AUDIENCE)
    both.opt_out(LEFT_PORTAL)
    both("tick", "--now", LATER)
    both("tick", "--now", "2026-03-02T14:06:00Z")
    assert reached(both) == [STAYS]


def test_by_a_plan_made_before_they_left(both) -> None:
    both.carts(LEFT_AUDIENCE, LEFT_PORTAL, STAYS)
    made = both.json("plan", "--to", MAILCHIMP, "--now", LATER)
    assert made["sends"] == {"cart_left": 3}
    both.opt_out(LEFT_PORTAL)
    both.unsubscribe(LEFT_AUDIENCE)
    applied = both.json("apply", made["id"], "--now", LATER)
    assert applied["refused"] == {"opted out": 1, "unsubscribed": 1}
    assert reached(both) == [STAYS]


def test_by_webhook(both, door) -> None:
    both.unsubscribe(LEFT_AUDIENCE)
    both.opt_out(LEFT_PORTAL)
    assert both.hear_mailchimp(door) | both.hear_hubspot(door) == {200}
    both.carts(LEFT_AUDIENCE, LEFT_PORTAL, STAYS)
    door.turn()
    for minutes in (95, 96):
        door.work.shop = door.shop.at(door.shop.clock() + minutes * HOUR // 60)
        door.turn()
    assert reached(both) == [STAYS]


def test_while_one_is_out_of_reach_the_other_writes_and_sends_wait(both) -> None:
    """Nobody knows who has left there meanwhile."""
    both.carts(STAYS)
    both.add_events("more", f"m7,order,7,{LATER}")
    both.sandbox.control("hubspot/failures", rates={"500": 1.0})
    settings = both.folder / "ofone.toml"
    patient = settings.read_text()
    settings.write_text(patient.replace("look_up = 0", "look_up = 0\npatience = 0.1"))
    writes = both.writes()
    said = both.json("tick", "--to", MAILCHIMP, "--now", LATER, code=3)
    assert f"sends wait until {HUBSPOT} says who has left" in said["error"]["message"]
    assert both.writes() > writes
    assert both.sends() == []
    both.sandbox.control("hubspot/failures")
    both("tick", "--now", "2026-03-02T14:06:00Z")
    assert reached(both) == [STAYS]
