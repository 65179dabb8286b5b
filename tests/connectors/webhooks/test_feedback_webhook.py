"""Feedback of every form, as docs/webhooks.md describes it."""

import json
import re
from pathlib import Path

import pytest

from personalization.errors import Skip
from tests.connectors.webhooks.telling import ends_the_same, linked, of, said, standing, told

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
BODY = {"id": "r-1", "type": "csat", "at": "2026-03-01T10:00:00Z", "rating": 2,
        "person": {"id": "u1", "email": "ana@example.com"}}  # fmt: skip


def events(**more):
    return told("feedback", BODY | more).events


def test_the_body_that_the_page_shows_is_taken_whole():
    (shown,) = re.findall(
        r"```json feedback\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    found = told("feedback", json.loads(shown)).events
    assert {event.kind for event in found} == {"feedback", "link", "attributes", "consent"}


def test_feedback_has_its_rating_person_answers_and_consent():
    found = events(type="survey", order="77", product="11", text="Fine", scale=None, rating=None,
                   answers={"preferred_channel": "sms", "diet": ["vegan", "no nuts"]},
                   consent=[{"channel": "sms", "state": "in"}, {"state": "out"}])  # fmt: skip
    given = of(found, "feedback")
    assert (given.key, given.alias) == ("feedback/main:response:r-1", "feedback/main:u1")
    assert given.props == {"form": "survey", "text": "Fine", "order": "77",
                           "lines": [{"product": "11", "quantity": 1}]}  # fmt: skip
    assert of(found, "attributes").props["set"] == {
        "preferred_channel": "sms", "diet": "no nuts, vegan"}  # fmt: skip
    assert {channel: state for channel, (state, _) in said(found).items()} == {
        "sms": "in", "email": "out"}  # fmt: skip
    assert linked(found) == {("feedback/main:u1", "email:ana@example.com")}


def test_a_response_that_was_changed_stands_instead_and_stays_on_its_day():
    first, later = events(), events(rating=5, updated_at="2026-03-09T10:00:00Z")
    kept = standing(later, first)["feedback/main:response:r-1"]
    assert kept.props["rating"] == 5
    assert kept.occurred_at - of(first, "feedback").occurred_at < 1_000_000
    ends_the_same([first, later], [later, first, later])


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [({"id": None}, "id is missing"), ({"type": "poll"}, "write one of"), ({"rating": 6}, "from 1 to 5"),
     ({"rating": 2.5}, "whole number"), ({"rating": None}, "rating is missing"),
     ({"person": {"email": "nobody"}}, "id or an email"), ({"at": "today"}, "no moment"),
     ({"type": "nps", "rating": 11}, "from 0 to 10"), ({"consent": [{"state": "yes"}]}, "in or out")],
)  # fmt: skip
def test_what_is_wrong_is_said_without_repeating_it(wrong, remedy):
    with pytest.raises(Skip, match=remedy) as error:
        events(**wrong)
    assert "nobody" not in str(error.value)
    received = told("feedback", {"responses": [BODY, BODY | wrong, BODY | {"id": "r-2"}]})
    assert sum(event.kind == "feedback" for event in received.events) == 2
    assert [one.place for one in received.set_aside] == ["feedback/main responses[1]"]
