"""What `ofone doctor` says of a Mailchimp account: each matter with its remedy, and no secret."""

import time

import pytest

from connectors import find
from connectors.sandbox import ledger
from connectors.sandbox.world import LIST

KEY = "0123456789abcdef0123456789abcdef-us6"
HOOK = "https://shop.example.com/hooks/mailchimp/main/a-long-url-secret"


def found(shop, **more):
    """Findings by what they are about."""
    return {one.about: one for one in shop.another(**more).examine()}


def test_a_sound_account_is_good_in_everything_and_nothing_is_written(shop):
    shop.people(3)
    shop.sandbox.control("mailchimp/webhook", url=HOOK)
    shop.sandbox.control("mailchimp/mail", templates={"left": {}})
    said = found(shop, emails={"cart_left": "left"}, transactional_key="md-k",
                 transactional_url=f"{shop.sandbox.url}/api/1.0")  # fmt: skip
    assert {one.level for one in said.values()} == {"good"}
    assert "3 subscribers" in said["audience"].said
    assert "5 of 30" in said["merge fields"].said
    assert all(one.remedy is None for one in said.values())
    assert ledger.counts(shop.entries)["writes"] == 0
    assert ledger.counts(shop.entries)["reads"] <= 10


@pytest.mark.parametrize(("ahead", "level"), [(0, "good"), (-120, "short"), (900, "wrong")])
def test_a_clock_that_is_off_is_told(shop, ahead, level):
    said = found(shop, clock=lambda: time.time() + ahead)["clock"]
    assert said.level == level
    assert (said.remedy is None) == (level == "good")


def test_what_lacks_has_its_remedy(shop):
    shop.people(1)
    shop.sandbox.control("mailchimp/account", plan="forever_free")
    shop.sandbox.control("mailchimp/permissions", ids=["2a4819ebc7"])
    said = found(shop, fields=6, emails={"cart_left": "left"})
    assert {name for name, one in said.items() if one.level == "short"} == {
        "plan tier", "merge fields", "marketing permissions", "webhooks"}  # fmt: skip
    assert "2a4819ebc7" in said["marketing permissions"].remedy
    assert "transactional_key" in said["e-mails"].remedy
    shop.sandbox.control("mailchimp/webhook", url=HOOK, events=["subscribe"], sources=["api"])
    (hook,) = [one for about, one in found(shop).items() if about.startswith("webhook ")]
    assert "unsubscribe" in hook.said
    assert "our own writes" in hook.said
    assert "secret" not in hook.said


def test_templates_are_looked_for_by_their_slug(shop):
    shop.sandbox.control("mailchimp/mail", templates={"draft": {"published": None}}, keys=["md-k"])
    named = {"cart_left": "nowhere", "welcome": "draft"}
    url = f"{shop.sandbox.url}/api/1.0"
    said = found(shop, emails=named, transactional_key="md-k", transactional_url=url)
    assert "no template nowhere" in said["e-mail cart_left"].said
    assert "not published" in said["e-mail welcome"].said
    said = found(shop, emails=named, transactional_key="md-other", transactional_url=url)
    assert said["e-mails"].level == "wrong"


def test_a_refused_key_a_wrong_audience_and_silence_are_findings_and_no_errors(shop):
    shop.sandbox.world.keys = frozenset({KEY})
    assert found(shop)["key"].level == "good"
    refused = found(shop, key="fedcba9876543210fedcba9876543210-us6")
    assert (set(refused), refused["key"].level) == ({"key"}, "wrong")
    assert "fedcba" not in str(refused)
    assert found(shop, list="elsewhere")["audience"].level == "wrong"
    silent = found(shop, url="http://127.0.0.1:1/3.0", patience=1)
    assert (set(silent), silent["reach"].level) == ({"reach"}, "wrong")


@pytest.mark.parametrize("connected", [True, False])
def test_a_source_without_a_store_says_so(shop, connected):
    if connected:
        shop.sandbox.control("mailchimp/store", id="shop")
    settings = {"list": LIST, "key": KEY, "url": f"{shop.sandbox.url}/3.0"}
    (said,) = find("mailchimp").source("main", settings).examine()
    assert (said.level, said.remedy is None) == (("good", True) if connected else ("short", False))
