"""What a connector may get wrong without its own tests noticing, asked of every connector found; and
for each question a wrong connector that answers it wrongly, to show that it would be caught.

A stage has, beside those who agreed, people of other standing: some who left, and, where the system
has such, some who were never asked."""

from contextlib import ExitStack

import pytest

from connectors import find
from personalization.mirror import About
from personalization.models import Record
from tests.connectors import test_conformance as suite
from tests.connectors.spoilt import (
    CursorsGoBack,
    EchoesWhatItWrote,
    EverybodyAgreed,
    FieldsFromMemory,
    KeysAreNew,
    NothingIsCleared,
    OneAccountOnly,
    OneValueForAll,
    OutcomesOfTheNextRow,
)
from tests.connectors.suites import brought, permits, stage_of, written
from tests.connectors.test_conformance import KEEPING, MIRRORS, PULLED, each, standing
from tests.connectors.told import events_of

ENOUGH = 2
"""Pages after which a pull is broken off."""


@pytest.fixture
def made(tmp_path):
    """Makes connectors on one stage, each as a new process would; `spoilt` stands before them."""
    with ExitStack() as stack:
        settings = {}

        def make(name, kind, account="main"):
            if name not in settings:
                settings[name] = stack.enter_context(stage_of(name).stage(tmp_path))
            connector = getattr(find(name), kind)(account, settings[name])
            stack.callback(getattr(connector, "close", lambda: None))
            return make.spoilt(connector)

        make.spoilt = lambda connector: connector
        yield make


@PULLED
def test_what_is_left_of_a_pull_only_ever_shrinks(name, kind, made):
    """A cursor that goes back brings everything again, every night."""
    pages = list(made(name, kind).pull(None))
    cursors = [page.cursor for page in pages]
    left = [len(brought(made(name, kind).pull(one))) for one in (*cursors[:ENOUGH], cursors[-1])]
    assert left == sorted(left, reverse=True)
    assert left[-1] < len(brought(pages))


@PULLED
def test_two_accounts_of_one_system_share_no_name_and_no_key(name, kind, made):
    told = []
    for account in ("main", "second"):
        pages = list(made(name, kind, account).pull(None))
        aliases = {one.alias for page in pages for one in (*page.records, *events_of(page))}
        assert all(one.startswith((f"{name}/{account}:", "email:")) for one in aliases)
        keys = {event.key for page in pages for event in events_of(page)}
        # What both say of an address, in the same words, is one statement of one person.
        told.append({key for key in keys if not key.startswith("email:")})
    assert not told[0] & told[1]


def set_up(destination):
    """The field HERO and the tag Regulars."""
    wanted = [{"field": "HERO", "label": "Hero (ofone)"}, {"tag": "Regulars"}]
    assert set(written(destination, permits("setup", wanted, [None, None])).values()) == {
        "accepted"
    }


def agreed(people):
    """Those who may be sent to, by alias."""
    return {alias: one for alias, one in people.items() if one.status == "subscribed"}


@each(KEEPING)
def test_one_who_is_gone_costs_no_neighbour_anything(name, made):
    destination = made(name, "destination")
    set_up(destination)
    first, last, *_ = agreed(standing(name, made)).values()
    gone = first.model_copy(update={"outside_id": "0" * 32, "email": "gone@example.com"})
    for kind, new in (("fields", {"HERO": "here"}), ("tags", {"Regulars": True})):
        told = written(destination, permits(kind, [new] * 3, [first, gone, last]))
        assert told == {1: "accepted", 2: "refused", 3: "accepted"}
    shown = standing(name, made)
    assert [(shown[one.alias].values["HERO"], shown[one.alias].tags) for one in (first, last)] == [
        ("here", ("Regulars",))] * 2  # fmt: skip


@each(KEEPING)
def test_the_next_pull_shows_what_is_there_and_not_what_was_written(name, made):
    ours, theirs = made(name, "destination"), made(name, "destination")
    set_up(ours)
    *_, cursor = [page.cursor for page in ours.pull(None)]
    kept, changed, *_ = agreed(standing(name, made)).values()
    written(ours, permits("fields", [{"HERO": "ours"}] * 2, [kept, changed]))
    written(theirs, permits("fields", [{"HERO": "theirs"}], [changed]))
    shown = {one.alias: one.values for page in ours.pull(cursor) for one in page.records}
    assert [shown[one.alias]["HERO"] for one in (kept, changed)] == ["ours", "theirs"]


@each(KEEPING)
def test_nothing_changes_but_what_was_to_change_and_another_process_sees_it(name, made):
    destination = made(name, "destination")
    set_up(destination)
    before = standing(name, made)
    assert len({one.status for one in before.values()}) > 1, "the stage has people of one standing"
    asked = [one for one in before.values() if one.status == "transactional"][:2]
    people = [*list(agreed(before).values())[:3], *asked]
    texts = ["", 'ä "quoted" <b>{{ x }}</b>', *["text"] * (len(people) - 2)]
    for fields, on in (([{"HERO": "first"}] * len(people), True),
                       ([{"HERO": text} for text in texts], False)):  # fmt: skip
        written(destination, permits("fields", fields, people))
        tags = [{"Regulars": on or n > 0} for n in range(len(people))]
        written(destination, permits("tags", tags, people))
    after, fresh = standing(name, made), made(name, "destination")
    ours = ([one.name for one in fresh.fields() if one.ours], [one.name for one in fresh.tags()])
    assert ours == (["HERO"], ["Regulars"])
    assert [after[one.alias].values.get("HERO", "") for one in people] == texts
    assert [after[one.alias].tags for one in people] == [(), *[("Regulars",)] * (len(people) - 1)]
    as_before = {"values": {}, "tags": (), "changed_at": 0}
    assert {alias: one.model_copy(update=as_before) for alias, one in after.items()} == {
        alias: one.model_copy(update=as_before) for alias, one in before.items()}  # fmt: skip
    others = before.keys() - {one.alias for one in people}
    assert not any(after[alias].values.get("HERO") or after[alias].tags for alias in others)


@each(MIRRORS)
def test_a_mirror_is_told_of_every_row_once_and_asks_for_none_again(name, made):
    people = [Record(alias=f"x:{n}", outside_id=f"c{n}", email=None, status="subscribed",
                     values={}, changed_at=0) for n in range(5)]  # fmt: skip
    destination = made(name, "destination")
    for kind, new in (("fields", {"HERO": "x"}), ("send", {"event": "cart_left"})):
        rows = permits(kind, [new] * len(people), people, moment=10**15)
        told = [one for some in destination.tell(rows, {"c": About()}) for one in some]
        assert sorted(one.row for one in told) == [one.row.id for one in rows]
        assert {one.result for one in told} == {"accepted"}


def few(name, made):
    """The suite's own test of writing, of three people."""
    suite.test_fields_tags_and_sends_arrive_and_setting_up_twice_changes_nothing(name, made, 3)


@pytest.mark.parametrize(("wrong", "check", "name"), [
    (OneValueForAll, few, "klaviyo"),
    (OutcomesOfTheNextRow, test_one_who_is_gone_costs_no_neighbour_anything, "klaviyo"),
    (NothingIsCleared, test_nothing_changes_but_what_was_to_change_and_another_process_sees_it,
     "klaviyo"),
    (EchoesWhatItWrote, test_the_next_pull_shows_what_is_there_and_not_what_was_written, "klaviyo"),
    (CursorsGoBack, test_what_is_left_of_a_pull_only_ever_shrinks, "stripe"),
    (KeysAreNew, suite.test_a_pull_killed_after_any_page_loses_nothing, "stripe"),
    (OneAccountOnly, test_two_accounts_of_one_system_share_no_name_and_no_key, "klaviyo"),
    (EverybodyAgreed, test_nothing_changes_but_what_was_to_change_and_another_process_sees_it,
     "klaviyo"),
    (FieldsFromMemory, test_nothing_changes_but_what_was_to_change_and_another_process_sees_it,
     "klaviyo"),
], ids=lambda one: getattr(one, "__name__", ""))  # fmt: skip
def test_a_wrong_connector_is_caught(wrong, check, name, made):
    made.spoilt = wrong
    kind = ("source",) if name == "stripe" else ("destination",)
    given = (name, *kind, made) if check.__code__.co_argcount == 3 else (name, made)
    with pytest.raises(AssertionError):
        check(*given)
