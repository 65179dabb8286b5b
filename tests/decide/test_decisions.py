"""Decisions stand until they expire, their segment is left or a pick is sold out; the holdout sees
fallbacks; and nothing depends on when the machine thinks it is."""

import json

import pytest

from personalization.models import DAY, Product
from personalization.plan.session import engines
from personalization.receipt.replay import replay_all
from tests.decide.alone import NOW, did


def hero(decided, i=0):
    slot = decided.slots["hero"]
    return slot.id[i], slot.message[i], slot.picks[i]


def bought(name, days, number=1, product="s1"):
    return [did("order", name, NOW - days * DAY - k, lines=[{"product": product}])
            for k in range(number)]  # fmt: skip


def test_a_decision_stands_though_a_better_message_would_hold_now(alone):
    alone.happened(NOW, *bought("ann", 2))
    first = hero(alone.decide(NOW))
    assert first[1:] == ("fresh", ["s1", "s0"])
    alone.happened(NOW + DAY, *bought("ann", 0, 4, product="s3"))
    decided = alone.decide(NOW + DAY)
    assert bool(decided.segments["regulars"][0])
    assert hero(decided) == first
    assert not decided.slots["hero"].new[0]
    assert decided.fields["HEADLINE"] == ["Welcome back"]
    # A day later still, and nothing new is kept.
    assert len(alone.store.decisions_of(alone.id("ann"))) == 1


def test_a_standing_decision_that_another_message_outranks_says_so(alone):
    alone.happened(NOW, *bought("ann", 2), *bought("bob", 2, 4))
    assert (alone.decide(NOW).slots["hero"].better == -1).all()
    alone.happened(NOW + DAY, *bought("ann", 0, 4))
    slot = alone.decide(NOW + DAY).slots["hero"]
    by_name = dict(zip(alone.decide(NOW + DAY).contacts, slot.better.tolist(), strict=True))
    assert by_name == {alone.id("ann"): slot.messages.index("loved"), alone.id("bob"): -1}


@pytest.mark.parametrize("interrupts", ["loved", "fresh"])
def test_a_message_that_interrupts_takes_the_place_of_those_below_it_only(alone, interrupts):
    alone.happened(NOW, *bought("ann", 2), *bought("bob", 40))
    before = alone.decide(NOW).slots["hero"]
    # Now ann and bob are in every segment; ann was shown fresh, bob thanks.
    alone.happened(NOW + DAY, *bought("ann", 0, 4), *bought("bob", 0, 4))
    alone.text = alone.text.replace(f"{interrupts}: {{", f"{interrupts}: {{interrupts: true, ")
    after = alone.decide(NOW + DAY)
    shown = {one: hero(after, i)[1] for i, one in enumerate(after.contacts)}
    # Whoever is interrupted gets what ranks best, be it another than the one that interrupts.
    kept = "loved" if interrupts == "loved" else "fresh"
    assert shown == {alone.id("ann"): kept, alone.id("bob"): "loved"}
    assert (after.slots["hero"].period - before.period).tolist() == [
        int(after.slots["hero"].new[i]) for i in range(2)]  # fmt: skip
    verdicts = replay_all(alone.store, engines(alone.folder, 1, "200MB"), [
        one for contact in after.contacts for one in alone.store.decisions_of(contact)])  # fmt: skip
    assert [verdict.verdict for _, verdict in verdicts] == ["equal"] * (
        2 + sum(shown[one] == "loved" for one in shown)
    )


def test_a_decision_expires_to_the_microsecond_and_the_next_is_another(alone):
    alone.happened(NOW, *bought("ann", 2, 3))
    first = hero(alone.decide(NOW))
    assert hero(alone.decide(NOW + 14 * DAY - 1)) == first
    later = alone.decide(NOW + 14 * DAY)
    assert later.slots["hero"].new[0]
    assert hero(later)[0] != first[0]
    assert hero(later)[1] == "loved"


def test_a_decision_ends_when_its_segment_is_left(alone):
    alone.happened(NOW, *bought("ann", 29))
    assert hero(alone.decide(NOW))[1] == "fresh"
    # The order leaves the 30 days; the decision has not expired.
    assert hero(alone.decide(NOW + DAY))[1] == "thanks"


def test_a_pick_that_is_sold_out_is_decided_anew_and_never_shown(alone):
    alone.happened(NOW, *bought("ann", 2))
    assert hero(alone.decide(NOW))[2] == ["s1", "s0"]
    alone.goods(NOW + 1, Product(id="s1", name="Soap 1", in_stock=False))
    decided = alone.decide(NOW + 2)
    assert hero(decided)[2] == ["s0", "s2"]
    assert decided.fields["PICK1"] == ["Soap 0"]


def test_the_moment_of_a_decision_is_the_one_given_and_every_alternative_has_its_chance(alone):
    alone.happened(NOW, *bought("ann", 2))
    slot = alone.decide(NOW).slots["hero"]
    assert (slot.decided_at[0], slot.standing_until[0]) == (NOW, NOW + 14 * DAY)
    assert json.loads(slot.probabilities[0]) == {"loved": 0, "fresh": 1, "thanks": 0, "none": 0}
    (kept,) = alone.store.decisions_of(alone.id("ann"))
    assert (kept["now"], kept["decided_at"], kept["policy"]) == (NOW, NOW, "rules/1")


def test_the_holdout_has_segments_and_sees_fallbacks_and_keeps_its_arm(alone):
    alone.text = alone.text.replace("holdout: 0%", "holdout: 50%")
    names = [f"n{n}" for n in range(40)]
    alone.happened(NOW, *(one for name in names for one in bought(name, 2, 3)))
    decided = alone.decide(NOW)
    held = [arm == "holdout" for arm in decided.arms]
    assert 10 < sum(held) < 30
    assert all(decided.segments["regulars"])
    for i, out in enumerate(held):
        assert decided.fields["HEADLINE"][i] == ("Hello" if out else "3 orders")
        assert decided.fields["PICK1"][i] == ("our bestsellers" if out else "Soap 1")
        assert decided.fields["BOUGHT"][i] == ("none yet" if out else "3")
        assert (hero(decided, i)[0] is None) is out
    assert {one.contact for one in decided.intents}.isdisjoint(
        contact for contact, out in zip(decided.contacts, held, strict=True) if out
    )
    alone.text = alone.text.replace("holdout: 50%", "holdout: 5%")
    assert alone.decide(NOW + DAY).arms == decided.arms


def test_deciding_again_moves_nobody_and_keeps_nothing(alone):
    alone.happened(NOW, *bought("ann", 2, 3), *bought("bob", 40))
    first = alone.decide(NOW)
    assert first.moved.all()
    again = alone.decide(NOW + 1)
    assert not again.moved.any()
    assert not again.slots["hero"].new.any()
    assert (again.memberships, again.fields) == (first.memberships, first.fields)
    assert json.loads(again.memberships[again.contacts.index(alone.id("bob"))]) == {"buyers": NOW}
