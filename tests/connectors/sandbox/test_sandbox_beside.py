"""What the sandbox holds beside an audience: its limits on the wire, and that it survives a stop."""

import pytest
import requests

from connectors.sandbox import saved
from connectors.sandbox.ledger import effects, sends
from connectors.sandbox.world import world


def mail(sandbox, call, **body):
    answer = requests.post(
        f"{sandbox.url}/api/1.0/{call}.json", json={"key": "k", **body}, timeout=20
    )
    return answer.status_code, answer.json()


def letter(*emails, **more):
    to = [{"email": email} for email in emails]
    return {"template_name": "left", "template_content": [],
            "message": {"to": to, "from_email": "shop@example.com", **more}}  # fmt: skip


def test_a_mail_is_one_effect_a_recipient_and_its_metadata_have_little_room(sandbox, people):
    people(2)
    sandbox.control("mailchimp/mail", templates={"left": {}}, rejects={"p1@example.com": "unsub"})
    status, told = mail(sandbox, "messages/send-template",
                        **letter("p0@example.com", "p1@example.com"))  # fmt: skip
    assert (status, [one["status"] for one in told]) == (200, ["sent", "rejected"])
    assert [one["kind"] for one in sends(sandbox.entries)] == ["mail_sent"]
    before = len(sandbox.entries)
    status, told = mail(sandbox, "messages/send-template",
                        **letter("p0@example.com", metadata={"ofone_key": "x" * 200}))  # fmt: skip
    assert (status, told["name"]) == (422, "ValidationError")
    assert effects(sandbox.entries[before:]) == []


def test_more_than_twenty_searches_a_minute_are_refused(sandbox):
    for _ in range(20):
        assert mail(sandbox, "messages/search", query="*")[0] == 200
    assert mail(sandbox, "messages/search", query="*")[0] == 429
    sandbox.control("clock", advance=61)
    assert mail(sandbox, "messages/search", query="*")[0] == 200


@pytest.mark.parametrize("state", ["active", "paused"])
def test_a_contact_enters_a_journey_once_and_an_inactive_one_never(sandbox, people, state):
    people(2)
    sandbox.control("mailchimp/journey", id=1, step=2, state=state)
    url = f"{sandbox.url}/3.0/customer-journeys/journeys/1/steps/2/actions/trigger"
    said = [
        requests.post(url, json={"email_address": email}, auth=("any", "k"), timeout=20).status_code
        for email in ("p0@example.com", "p0@example.com", "nobody@example.com")
    ]
    assert said == ([204, 400, 400] if state == "active" else [400, 400, 400])
    assert len(sends(sandbox.entries)) == (1 if state == "active" else 0)


def test_a_stopped_sandbox_goes_on_with_all_that_it_held(sandbox, people, tmp_path):
    people(2)
    sandbox.control("mailchimp/journey", id=1, step=2, again=True)
    sandbox.control("mailchimp/campaign", id="c1")
    sandbox.control("mailchimp/activity", campaign="c1", email="p1@example.com", action="open")
    sandbox.control("mailchimp/store", orders=[{"id": "o1", "customer": {"id": "u1"}}])
    sandbox.control("mailchimp/survey", id="s1", responses=[{"id": "r1", "results": []}])
    sandbox.control("mailchimp/mail", templates={"left": {}})
    sandbox.control("mailchimp/group", title="Tea", names=["Green"])
    sandbox.control("mailchimp/webhook", url="https://shop.example.com/hook")
    saved.save(sandbox.world, tmp_path / "state.json")
    other = world()
    saved.load(other, tmp_path / "state.json")
    assert other.account.holdings == sandbox.world.account.holdings
    ours, theirs = (next(iter(one.account.audiences.values())) for one in (sandbox.world, other))
    assert (ours.categories, ours.webhooks) == (theirs.categories, theirs.webhooks)
