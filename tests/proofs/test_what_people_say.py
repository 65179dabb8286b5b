"""What people say of themselves, from each place where they say it, through a segment to what they
are shown; and by which channel they want to hear, to where a send goes."""

import base64

import pytest
import requests

from connectors.sandbox import ledger
from connectors.sandbox.receiver import receiving
from connectors.sandbox.world import LIST
from tests.functions.door.conftest import SECRETS
from tests.proofs.conftest import HUBSPOT, MAILCHIMP, email

TILL_SECRET = "whsec_" + base64.b64encode(b"t" * 32).decode()
TILL = "webhook/till"
PERMISSION = "2a4819ebc7"
MORE = """
[destination.webhook.till]
url = "{url}"
secret = "env:TILL_SECRET"
channels = ["sms"]
[source.mailchimp.main]
list = "{list}"
key = "env:CORNER_KEY"
url = "{sandbox}/3.0"
"""
TRAITS = """
  style: {attribute: Style}
  quiz: {attribute: style_quiz}
  answer: {attribute: "Which style?"}
  reach: {attribute: Reach me by}
segments:
  classics: {when: style = 'Classic' or quiz = 'Classic' or answer = 'Classic', tag: Classics}
  by_text:  reach = 'Text message'
  by_mail:  reach is null or reach <> 'Text message'
"""
TRIGGERS = """
  cart_text: {after: cart, wait: 1h, unless: order, within: 1d, for: by_text, send: thanks, channel: sms}
limits:"""
GROUP, SURVEY, PROPERTY, LOUD, TEXT, NO_TEXT = 9, 10, 4, 11, 12, 13
LATER = "2026-03-02T14:05:00Z"


@pytest.fixture
def till():
    with receiving(TILL_SECRET) as running:
        yield running


@pytest.fixture
def told(fresh, till, monkeypatch):
    """A shop with an audience, a portal and a till, whose people have said what they like."""
    monkeypatch.setenv("TILL_SECRET", TILL_SECRET)
    both = fresh
    file = both.folder / "ofone.toml"
    body = file.read_text().replace("look_up = 0", 'look_up = 0\nattributes = ["style_quiz"]')
    body = body.replace("[destination.hubspot.main]", f'permissions = {{{PERMISSION} = "sms marketing"}}\n'
                        "[destination.hubspot.main]")  # fmt: skip
    more = MORE.format(url=till.url, list=LIST, sandbox=both.sandbox.url)
    file.write_text(body + more)
    playbook = both.folder / "playbook" / "playbook.yaml"
    body = playbook.read_text().replace("segments:\n", TRAITS.lstrip("\n"), 1).replace(
        "within: 1d, send: thanks, by: event", "within: 1d, for: by_mail, send: thanks"
    )  # fmt: skip
    body = body.replace("messages:\n", "messages:\n  calm: {for: classics, fields: {HEADLINE: "
                        '"Made to last"}}\n', 1)  # fmt: skip
    body = body.replace("[loved, thanks]", "[calm, loved, thanks]").replace("\nlimits:", TRIGGERS)
    playbook.write_text(body)
    say(both.sandbox)
    both("pull")
    for place in (MAILCHIMP, HUBSPOT, TILL):
        both("apply", both.json("plan", "--to", place)["id"])
    return both


def say(sandbox) -> None:
    """Groups and permissions of the audience, a survey, a property of the portal."""
    style = sandbox.control("mailchimp/group", title="Style", type="radio",
                            names=["Classic", "Loud"])["names"]  # fmt: skip
    reach = sandbox.control("mailchimp/group", title="Reach me by", type="radio",
                            names=["E-mail", "Text message"])["names"]  # fmt: skip
    sandbox.control("mailchimp/permissions", ids=[PERMISSION])
    chosen = {GROUP: style["Classic"], LOUD: style["Loud"], TEXT: reach["Text message"],
              NO_TEXT: reach["Text message"]}  # fmt: skip
    sandbox.control("members", members=[
        {"email": email(n), "interests": {id: True}, "permissions": {PERMISSION: n == TEXT}}
        for n, id in chosen.items()])  # fmt: skip
    result = {"question_id": "q1", "question_type": "pickOne", "query": "Which style?",
              "answer": "Classic"}  # fmt: skip
    answered = {"id": "r1", "at": "2026-03-01T10:00:00Z", "email": email(SURVEY),
                "results": [result]}  # fmt: skip
    sandbox.control("mailchimp/survey", id="s1", title="You", responses=[answered])
    own = {"name": "style_quiz", "label": "Style", "type": "string", "fieldType": "text",
           "groupName": "contactinformation"}  # fmt: skip
    requests.post(f"{sandbox.url}/crm/v3/properties/contacts", json=own, timeout=20,
                  headers={"Authorization": f"Bearer {SECRETS['HUBSPOT_SECRET']}"})  # fmt: skip
    sandbox.control("hubspot/contacts", contacts=[
        {"email": email(PROPERTY), "properties": {"style_quiz": "Classic"}}])  # fmt: skip


def shown(both, n: int) -> tuple[str, bool]:
    """The headline of person n in the audience, and whether they carry the tag."""
    audience = both.sandbox.world.audience(LIST)
    member = audience.find(email(n))
    tags = {one.name for one in audience.segments.values() if member.id in one.members}
    return member.merge_fields["HEADLINE"], "Classics" in tags


def test_a_stated_style_is_shown_wherever_it_was_said(told) -> None:
    for n in (GROUP, SURVEY, PROPERTY):
        assert shown(told, n) == ("Made to last", True), n
    assert shown(told, LOUD) == ("Thank you", False)
    held = told.sandbox.world.portal.tables["contacts"].with_email(email(PROPERTY)).properties
    assert held["ofone_headline"] == "Made to last"
    # What the portal does not know takes away nothing that others said: 3 came twice, from Town3.
    assert shown(told, 3)[0] == "Hello Town3"


def test_a_stated_channel_is_where_a_send_goes_if_consent_says_so_too(told, till) -> None:
    told.carts(GROUP, TEXT, NO_TEXT)
    for place in (MAILCHIMP, TILL):
        told("tick", "--to", place, "--now", LATER)
    told("tick", "--now", "2026-03-02T14:06:00Z")
    (mail,) = ledger.sends(told.sandbox.entries)
    assert mail["member"] == told.sandbox.world.audience(LIST).find(email(GROUP)).id
    (text,) = till.receiver.messages
    assert (text["trigger"], text["channel"]) == ("cart_text", "sms")
    assert till.receiver.contacts[text["contact"]]["fields"]["HEADLINE"] == "Hello Town12"
    # Who wants texts and never agreed to them gets neither a text nor the e-mail instead.
    assert told.json("status")["uncertain"] == []
