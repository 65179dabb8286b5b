"""What Mailchimp's audience webhooks come to."""

import pytest

from connectors import find
from connectors.shared.signatures import Refused
from personalization.errors import Skip
from tests.connectors.stages import hook_mailchimp as stage
from tests.connectors.webhooks.telling import ends_the_same, linked, said, told
from tests.store.histories import fresh, ingest

TEN = 1_772_359_200_000_000


def call(kind, at="2026-03-01 10:00:00", **more):
    """What a call of that type says."""
    data = {f"data[{name}]": value for name, value in more.items()}
    return told("mailchimp", {"type": kind, "fired_at": at, "data[list_id]": "a1", **data})


def test_who_subscribes_or_leaves_is_known_by_address_and_the_audience_is_pulled():
    for kind, state in (("subscribe", "in"), ("unsubscribe", "out"), ("cleaned", "out")):
        found = call(kind, email="Ana@example.com", id="8a25ff1d98")
        assert said(found.events) == {"email": (state, TEN)}
        (event,) = found.events
        assert event.alias == "email:ana@example.com"
        assert event.props["by"] == "mailchimp/main"
        assert found.pull


def test_leaving_stands_over_joining_in_the_same_second_whatever_comes_first():
    joined, left = (
        call(kind, email="ana@example.com").events for kind in ("subscribe", "unsubscribe")
    )
    ends_the_same([joined, left], [left, joined], [[*left, *joined, *left]])
    with fresh() as store:
        ingest(store, *left, *joined)
        who = store.contact_of("email:ana@example.com")
        assert store.consent([who])[who] == {"mailchimp/main email marketing": "out"}
        ingest(store, *call("subscribe", "2026-03-01 10:00:01", email="ana@example.com").events)
        assert store.consent([who])[who] == {"mailchimp/main email marketing": "in"}


def test_a_changed_address_is_a_link_so_both_stay_one_person():
    found = call("upemail", new_email="new@example.com", old_email="ana@example.com", new_id="x")
    assert linked(found.events) == {("email:new@example.com", "email:ana@example.com")}
    assert found.pull


def test_a_change_of_profile_or_a_campaign_is_pulled_and_says_nothing_by_itself():
    for kind in ("profile", "campaign"):
        found = call(kind, email="ana@example.com", **{"merges][HEADLINE": "Hello"})
        assert (found.events, found.pull) == ((), True)
    assert call("something new").pull is False


def test_another_audience_says_nothing():
    hook = find("mailchimp").webhook("main", {**stage.SETTINGS, "list": "mine"})
    found = hook.parse(stage.request())
    assert (found.events, found.pull) == ((), False)


def test_no_moment_is_later_than_the_call_and_none_is_made_up():
    assert said(call("unsubscribe", "2036-03-01 10:00:00", email="ana@example.com").events) == {
        "email": ("out", stage.NOW)}  # fmt: skip
    for at in ("", "yesterday", "2026-13-01 10:00:00"):
        with pytest.raises(Skip, match="fired_at"):
            call("unsubscribe", at, email="ana@example.com")
    with pytest.raises(Skip, match="data"):
        call("unsubscribe", email="nobody")


def test_an_old_webhook_proves_itself_by_its_address_alone():
    hook = find("mailchimp").webhook("main", {"url_secret": stage.WORD, "old_url_secret": "w" * 16})
    base = "https://hooks.example.com/hooks/mailchimp/main"
    for fine in (f"{base}/{stage.WORD}", f"{base}?secret={stage.WORD}", f"{base}/{'w' * 16}?a=1"):
        hook.verify(stage.request(url=fine).model_copy(update={"headers": {}}))
    for wrong in (base, f"{base}/", f"{base}/{stage.WORD[:-1]}", f"{base}?secret=", f"{base}/é"):
        with pytest.raises(Refused, match="wrong signature"):
            hook.verify(stage.request(url=wrong).model_copy(update={"headers": {}}))
