"""Whatever people, the shop and the audiences do, in any order: nobody is created, subscribed,
written to against their will, sent to against a word of theirs, or brought back from an erasure.

Judged by the sandbox's ledger and the store's bytes. tests/soak does the same at length.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sandbox import ledger
from connectors.sandbox.server import Running, running
from connectors.sandbox.world import LIST
from personalization import consent
from personalization.alias import email_alias
from personalization.apply import judge as judging
from personalization.decide import triggers
from tests.consent.acts import ESP, FAILURES, PEOPLE, SHOP, Act, addresses
from tests.consent.corner import members_of, playbook_in
from tests.consent.floor import Floor, floor
from tests.consent.oracle import violations
from tests.consent.traces import remains

person = st.integers(0, PEOPLE - 1)
acts = st.one_of(
    st.tuples(st.just("esp"), st.sampled_from([0, 0, 1]), person, st.sampled_from(ESP)),
    st.tuples(st.just("shop"), person, st.sampled_from(SHOP)),
    st.tuples(st.just("shop"), person, st.sampled_from(["cart", "in"])),
    st.tuples(st.just("pull"), st.sampled_from([0, 1])),
    st.tuples(st.just("forget"), person),
    st.tuples(st.just("apply"), st.sampled_from(FAILURES), st.integers(1, 4)),
    st.tuples(st.just("wait"), st.sampled_from([0.3, 2, 5_000, 90_000])),
    st.sampled_from([("make",), ("tick",), ("compact",)]),
)
ALL_IN: list[Act] = [
    *(("esp", n, one, "subscribe") for n in (0, 1) for one in range(PEOPLE)),
    ("pull", 0), ("pull", 1),
]  # fmt: skip
"""Everybody subscribes in both audiences, and is seen."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running(polls=(1, 1)) as box:
        yield box


@pytest.fixture(scope="module")
def playbook(tmp_path_factory) -> Path:
    return playbook_in(tmp_path_factory.mktemp("playbook"))


@pytest.fixture
def world(sandbox, playbook, tmp_path) -> Iterator[Floor]:
    with floor(sandbox, tmp_path, playbook) as made:
        yield made


def broken(made: Floor) -> list[str]:
    """What was violated so far."""
    return list(violations(made.entries, made.notes, members_of(PEOPLE), LIST)) + list(
        remains(made)
    )


def reached(made: Floor, person: int, *kinds: str) -> int:
    """How many of our effects reached a person."""
    mine = {member for member, whose in members_of(PEOPLE).items() if whose == person}
    return sum(one["member"] in mine for one in ledger.effects(made.entries, kinds))


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(begun=st.booleans(), sequence=st.lists(acts, min_size=3, max_size=12))
def test_no_sequence_breaks_a_promise(sandbox, playbook, tmp_path_factory, begun, sequence):
    with floor(sandbox, tmp_path_factory.mktemp("floor"), playbook) as made:
        made.do([*(ALL_IN if begun else ()), *sequence])
        made.end()
        assert broken(made) == []


def test_who_is_willing_is_written_to_and_sent_to_once(world):
    world.do([*ALL_IN, ("shop", 0, "cart"), ("tick",), ("shop", 0, "echo"), ("tick",)])
    world.end()
    assert broken(world) == []
    assert reached(world, 0, "event") == 1
    assert reached(world, 0, "field_written") >= 1
    assert reached(world, 0, "tag_added") == 1


def test_an_opt_out_anywhere_stops_every_send_and_no_write(world):
    """In the other audience, at the shop; also in the very second of the opt-in."""
    world.do([*ALL_IN, ("esp", 1, 0, "unsubscribe"), ("pull", 1), ("shop", 1, "out"),
              *(("shop", one, "cart") for one in range(PEOPLE)), ("tick",)])  # fmt: skip
    world.end()
    assert broken(world) == []
    assert [reached(world, one, "event") for one in range(PEOPLE)] == [0, 0, 1]
    assert all(reached(world, one, "field_written") for one in range(PEOPLE))


@pytest.mark.parametrize("leaving", ["unsubscribe", "clean", "archive", "erase"])
def test_leaving_between_plan_and_apply_is_heeded(world, leaving):
    world.do([*ALL_IN, ("shop", 0, "cart"), ("make",), ("esp", 0, 0, leaving), ("wait", 5),
              ("apply", None, 1), ("tick",)])  # fmt: skip
    assert broken(world) == []
    assert reached(world, 0, "field_written", "tag_added", "event") == 0
    assert reached(world, 1, "field_written") == 1


def test_leaving_between_two_calls_reaches_only_the_call_under_way(world):
    """The seconds between the last pull and a call are the gap that no design closes."""
    world.do([*ALL_IN, *(("shop", one, "cart") for one in range(PEOPLE)), ("make",),
              ("apply", "unsubscribe", 1)])  # fmt: skip
    assert broken(world) == []
    left = ledger.effects(world.entries, ["unsubscribed"], actor=None)
    assert len(left) == 1
    member = left[0]["member"]
    later = [one for one in ledger.effects(world.entries) if one.get("member") == member]
    assert [one["kind"] for one in later if one["n"] > left[0]["n"]] in ([], ["field_written"])


def test_an_erased_person_comes_back_by_no_import_echo_or_pull(world):
    world.do([*ALL_IN, ("shop", 0, "cart"), ("tick",), ("make",), ("forget", 0)])
    n = len(world.entries)
    world.do([("shop", 0, "reimport"), ("shop", 0, "echo"), ("shop", 0, "import"),
              ("apply", None, 1), ("tick",), ("esp", 0, 0, "edit"), ("esp", 1, 0, "move"),
              ("pull", 0), ("pull", 1), ("shop", 0, "cart")])  # fmt: skip
    world.end()
    assert broken(world) == []
    later = [one["member"] for one in ledger.effects(world.entries[n:]) if "member" in one]
    assert not [one for one in later if members_of(PEOPLE)[one] == 0]
    assert world.store.contact_of(email_alias(addresses(0)[0])) is None


def test_an_erasure_reaches_a_record_that_was_never_pulled(world):
    """The shop knows somebody, and erases them before the audience was ever looked at."""
    world.do([*ALL_IN[:-2], ("forget", 0)])
    world.end()
    assert broken(world) == []
    assert reached(world, 0, "field_written") == 0
    assert reached(world, 1, "field_written") == 1


def test_a_fresh_opt_in_begins_anew(world):
    world.do([*ALL_IN, ("shop", 0, "cart"), ("tick",), ("forget", 0), ("wait", 60),
              ("shop", 0, "in"), ("esp", 0, 0, "edit"), ("pull", 0)])  # fmt: skip
    n = len(world.entries)
    world.do([("shop", 0, "cart"), ("tick",)])
    world.end()
    assert broken(world) == []
    kinds = [one["kind"] for one in ledger.effects(world.entries[n:])
             if members_of(PEOPLE).get(one.get("member")) == 0]  # fmt: skip
    assert "event" in kinds
    assert "field_written" in kinds


def test_the_oracle_sees_a_rule_that_lets_everybody_through(world, monkeypatch):
    """Whoever weakens the rule must fail here: the oracle shares nothing with it."""
    monkeypatch.setattr(consent, "WRITABLE", consent.WRITABLE | {"unsubscribed", "archived"})
    for module in (consent, triggers):
        monkeypatch.setattr(module, "unwilling", lambda *_: None)
    world.do([*ALL_IN, *(("shop", one, "cart") for one in range(PEOPLE)), ("make",),
              ("esp", 0, 0, "unsubscribe"), ("shop", 1, "out"), ("wait", 5), ("pull", 0),
              ("apply", None, 1), ("tick",)])  # fmt: skip
    said = " ".join(broken(world))
    assert "to somebody known to have left" in said
    assert "against an opt-out" in said


def test_the_oracle_sees_a_write_for_somebody_erased(world, monkeypatch):
    world.do([*ALL_IN, ("make",)])
    monkeypatch.setattr("tests.consent.floor.Floor.next_second", lambda _: None)
    world.note(0, "forget")
    world.do([("apply", None, 1)])
    assert any("for somebody erased" in one for one in broken(world))
    assert judging.permit is consent.permit
