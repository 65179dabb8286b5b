"""What is pulled from Klaviyo: who agreed, what changed since, and how a pull that fails goes on."""

import pytest

from connectors.sandbox import ledger
from personalization.errors import Retry
from tests.connectors.hostile import TEXTS


def test_who_agreed_who_left_and_who_bounced(shop):
    told = {
        "a": {"consent": "SUBSCRIBED"}, "b": {"consent": "UNSUBSCRIBED"}, "c": {},
        "d": {"consent": "SUBSCRIBED", "suppressed": "HARD_BOUNCE"},
        "e": {"consent": "SUBSCRIBED", "suppressed": "USER_SUPPRESSED"},
        "f": {"consent": "NEVER_SUBSCRIBED", "sms": "SUBSCRIBED"},
    }  # fmt: skip
    shop.sandbox.add(*({"email": f"{name}@example.com", **more} for name, more in told.items()))
    (page,) = shop.destination.pull(None)
    assert [one.status for one in page.records] == [
        "subscribed", "unsubscribed", "transactional", "cleaned", "unsubscribed", "transactional",
    ]  # fmt: skip
    (agreed,) = page.events
    assert (agreed.props["channel"], agreed.props["state"]) == ("sms", "in")


def test_what_changed_since_is_read_and_no_more_and_facts_are_taken_over(shop):
    place = {"city": "Berlin", "timezone": "Europe/Berlin"}
    ids = shop.sandbox.add(*({"email": f"p{n}@example.com", "first_name": f"N{n}", "locale": "de-DE",
                              "location": place} for n in range(250)))  # fmt: skip
    shop.sandbox.advance(600)
    shop.sandbox.change(ids[7], properties={"ofone_hero": "w"})
    cursor = shop.cursor()
    shop.sandbox.advance(600)
    shop.sandbox.change(ids[7], properties={"ofone_hero": "x", "shoe": 44})
    shop.mark()
    (seen,) = shop.shown(shop.another(attributes=("city", "shoe")), cursor).values()
    assert (seen.outside_id, seen.values) == (ids[7], {"HERO": "x"})
    assert (seen.attributes, seen.zone, seen.language) == (
        {"city": "Berlin", "shoe": 44}, "Europe/Berlin", "de-DE")  # fmt: skip
    assert shop.counts == (0, 2)


@pytest.mark.parametrize("moved", [False, True])
def test_tags_are_read_back_whether_or_not_a_list_moves_a_profile(ready, may, moved):
    ready.sandbox.account.lists_move_updated = moved
    people = ready.people(120)
    cursor = ready.cursor()
    ready.sandbox.advance(600)
    tags = [may(n, "tags", {"Regulars": True}, one) for n, one in enumerate(people, 10)]
    ready.mark()
    assert set(ready.results(tags)) == {"accepted"}
    assert ready.counts == (1, 1)
    assert {one.tags for one in ready.shown(None, cursor).values()} == {("Regulars",)}
    off = [may(n, "tags", {"Regulars": False}, one) for n, one in enumerate(people, 500)]
    assert set(ready.results(off)) == {"accepted"}
    assert {one.tags for one in ready.shown(None, cursor).values()} == {()}
    assert not ledger.created_or_resubscribed(ready.sandbox.entries)


def test_a_pull_that_fails_in_the_middle_goes_on_where_it_was(shop):
    shop.sandbox.add(*({"email": f"p{n}@example.com"} for n in range(2_500)))
    impatient = shop.another(patience=0)
    shop.sandbox.fail(script=[{"kind": "500", "path": "api/profiles", "nth": 15}])
    pages = []
    with pytest.raises(Retry, match="klaviyo/main: HTTP 500"):
        pages.extend(impatient.pull(None))  # what came before the error is kept by the list
    shop.sandbox.fail()
    rest = list(impatient.pull(pages[-1].cursor))
    seen = {one.outside_id for page in (*pages, *rest) for one in page.records}
    assert len(seen) == 2_500


def test_names_of_every_spelling_arrive_and_can_be_kept(shop):
    ids = shop.sandbox.add(*({"email": f"odd{n}@example.com", "first_name": text}
                             for n, text in enumerate(TEXTS.values())))  # fmt: skip
    shown = shop.shown()
    names = [shown[id].attributes["first_name"] for id in ids]
    assert "".join(names).encode()
    assert [len(one) for one in names] == [len(text) for text in TEXTS.values()]


def test_pages_that_lead_in_a_circle_end(ready, monkeypatch):
    ready.people(3)
    first = ready.destination.api.rows("profiles", **{"page[size]": 1})
    monkeypatch.setattr(ready.destination.api, "rows", lambda path, **_: first)
    for walk in (ready.destination.fields, ready.destination.tags, ready.shown):
        with pytest.raises(Retry, match=r"klaviyo/main: pages of .* lead nowhere"):
            walk()
