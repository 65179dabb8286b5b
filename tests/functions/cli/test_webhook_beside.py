"""A shop with a Mailchimp audience and a till that takes webhooks: each channel's sends go to the
destination that claims it, once, and what nobody changed is told to nobody."""

import base64

import pytest

from connectors.sandbox.receiver import receiving
from personalization.store.embedded import open_store
from tests.functions.cli.test_ticking import CART

SECRET = "whsec_" + base64.b64encode(b"t" * 32).decode()
MAILCHIMP, TILL = "mailchimp/main", "webhook/till"
SETTINGS = """
[destination.webhook.till]
url = "{url}"
secret = "env:TILL_SECRET"
channels = ["sms"]
aliases = ["files/main"]
"""
TEXT = """
  cart_text: {after: cart, wait: 1h, unless: order, within: 1d, send: thanks, channel: sms}
limits:"""


@pytest.fixture
def till():
    with receiving(SECRET) as running:
        yield running


@pytest.fixture
def both(corner, till, monkeypatch):
    """Everybody but number 1 wants texts; audience and till are settled."""
    monkeypatch.setenv("TILL_SECRET", SECRET)
    file = corner.folder / "ofone.toml"
    file.write_text(file.read_text() + SETTINGS.format(url=till.url))
    playbook = corner.folder / "playbook" / "playbook.yaml"
    body = playbook.read_text().replace("\nlimits:", TEXT).replace("sends_per_hour: 3", "sends_per_hour: 99")  # fmt: skip
    playbook.write_text(body.replace("holdout: 20%", "holdout: 0%"))
    contacts = corner.folder / "export" / "contacts.csv"
    head, *rows = contacts.read_text().splitlines()
    agreed = ["out" if row.startswith("1,") else "in" for row in rows]
    rows = [f"{row},{state}" for row, state in zip(rows, agreed, strict=True)]
    contacts.write_text("\n".join([f"{head},consent.sms.marketing", *rows]) + "\n")
    for place in (MAILCHIMP, TILL):
        corner.json("apply", corner.json("plan", "--to", place)["id"])
    return corner


def contact(corner, n):
    with open_store(corner.folder / "store") as store:
        return store.contact_of(f"files/main:{n}")


def test_a_plan_and_an_apply_tell_the_till_of_everybody(both, till) -> None:
    held = till.receiver.contacts
    assert (
        len(held) == 30
    )  # 28, who left the audience, and 29, who was never there, are at the till
    assert held[contact(both, 3)]["aliases"] == ["files/main:3"]
    assert held[contact(both, 3)]["segments"] == {"Buyers", "Regulars"}
    assert held[contact(both, 3)]["fields"]["HEADLINE"] == "Hello Town3"
    assert "@" not in str(till.entries)
    before = len(till.entries)
    assert both.json("plan", "--to", TILL)["rows"] == 0
    both("tick", "--now", "2026-03-02T12:30:00Z")
    assert len(till.entries) == before


@pytest.mark.parametrize("way", ["tick", "plan"])
def test_each_channel_goes_to_who_claims_it_and_to_nobody_else(both, till, way) -> None:
    people = (1, 2, 4)  # everybody is treated here
    both.add_events("carts", *(CART.format(n=n) for n in people))
    both("tick", "--now", "2026-03-02T13:30:00Z")
    assert (both.events(), till.receiver.messages) == ([], [])
    for now in ("2026-03-02T14:05:00Z", "2026-03-02T14:06:00Z"):
        if way == "tick":
            both("tick", "--now", now)
        else:
            for place in (MAILCHIMP, TILL):
                plan = both.json("plan", "--to", place, "--now", now)
                both.json("apply", plan["id"], "--now", now)
    assert both.events() == [("cart_left", "thanks")] * 3
    told = till.receiver.messages
    assert sorted(one["contact"] for one in told) == sorted(contact(both, n) for n in people[1:])
    assert {(one["trigger"], one["channel"]) for one in told} == {("cart_text", "sms")}
    assert both.json("status")["uncertain"] == []


def test_a_receiver_that_is_gone_needs_a_person_and_then_nothing_was_lost(both, till) -> None:
    both.add_events("orders", "again,order,4,2026-03-02T12:10:00Z")
    till.fail(script=[{"kind": "410", "times": 9}])
    at = ("--now", "2026-03-02T12:20:00Z")
    assert both.json("plan", "--to", TILL, *at)["rows"] == 1
    assert "gone for good" in both("apply", *at, code=4).err
    till.fail()
    assert both.json("apply", *at)["left"] == 0
    assert till.receiver.contacts[contact(both, 4)]["segments"] == {"Buyers", "Regulars"}
