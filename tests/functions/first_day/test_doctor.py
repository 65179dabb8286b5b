"""`ofone doctor` finds what an admin gets wrong on the first day, and is stopped by none of it."""

import json
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from connectors.sandbox.world import LIST
from functions.actions.connecting import own
from functions.cli.main import app
from personalization.connector import Finding
from personalization.store.embedded import open_store


def levels(corner, code=None, about=""):
    """What doctor says, {about: [level]}, of those whose name begins so."""
    found = {}
    for one in corner.json("doctor", code=code)["findings"]:
        if one["about"].startswith(about):
            found.setdefault(one["about"], []).append(one["level"])
    return found


def wrong(corner, code=1):
    """(about, said, remedy) of everything wrong."""
    found = corner.json("doctor", code=code)["findings"]
    return [(one["about"], one["said"], one["remedy"]) for one in found if one["level"] == "wrong"]


def settings(corner, **changes):
    """Rewrites the settings file."""
    file = corner.folder / "ofone.toml"
    text = file.read_text()
    for old, new in changes.pop("replace", {}).items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text + changes.pop("more", ""))


def test_a_shop_in_order_has_nothing_wrong_and_changes_nothing(corner):
    before = levels(corner, code=0)
    assert before["mailchimp/main contacts"] == before["mailchimp/main plan"] == ["short"]
    assert before["files/main"] == ["short"]  # never pulled
    corner("plan")
    corner("apply")
    writes = corner.writes()
    said = corner("doctor")
    assert max(len(line.rstrip()) for line in said.out.splitlines()) <= 80
    assert "0 wrong" in said.out
    after = levels(corner, code=0)
    for name in ("room", "fields", "tags", "contacts", "plan"):
        assert after[f"mailchimp/main {name}"] == ["good"]
    assert after["files/main"] == after["facts"] == after["writing"] == ["good"]
    assert corner.writes() == writes


def refuse(corner, monkeypatch):
    corner.sandbox.world.keys = frozenset({"another-us1"})


def away(corner, monkeypatch):
    settings(corner, replace={corner.sandbox.url: "http://127.0.0.1:9"}, more="patience = 0.0\n")


def mistaken(corner, monkeypatch):
    settings(corner, replace={LIST: "n0such11st"})


def silent(corner, monkeypatch):
    settings(corner, more="patience = 0.0\n")
    corner.sandbox.control("failures", script=[{"kind": "500", "times": 1000}])


def unset(corner, monkeypatch):
    monkeypatch.delenv("CORNER_KEY")


def misspelt(corner, monkeypatch):
    settings(corner, replace={"destination.mailchimp": "destination.mailchump"})


@pytest.mark.parametrize("trouble", [refuse, away, mistaken, silent, unset, misspelt])
def test_trouble_with_an_account_is_a_finding_and_the_rest_is_looked_at(
    corner, monkeypatch, trouble
):
    trouble(corner, monkeypatch)
    found = wrong(corner)
    assert found
    assert all(about.startswith(("mailchimp/", "mailchump/")) for about, _, _ in found)
    assert "corner-secret" not in json.dumps(found)
    assert levels(corner)["files/main"] == ["short"]


def test_a_page_that_is_no_settings_file_is_said_and_nothing_else(corner):
    settings(corner, more="=\n")
    assert [about for about, _, _ in wrong(corner)] == ["settings"]
    (corner.folder / "ofone.toml").unlink()
    assert "ofone init" in wrong(corner)[0][1]


def test_a_store_that_cannot_be_opened_and_a_wrong_playbook_are_said(corner):
    book = corner.folder / "playbook" / "playbook.yaml"
    book.write_text(book.read_text().replace("orders_90d >= 1", "orders_90 >= 1"))
    with closing(sqlite3.connect(corner.folder / "store" / "contacts.sqlite")) as newer:
        newer.execute("PRAGMA user_version = 99")
    assert [about for about, _, _ in wrong(corner)] == ["playbook", "store"]


def test_names_and_room_are_held_against_the_audience(corner):
    audience = corner.sandbox.world.audience(LIST)
    corner.sandbox.control("person", email="p3@example.com", action="tag", tag="Buyers",
                           by="admin")  # fmt: skip
    corner("doctor")
    next(iter(audience.merge_fields.values())).tag = "PICK1"
    settings(corner, more="fields = 5\n")
    found = {about: remedy for about, _, remedy in wrong(corner)}
    assert "another name" in found["mailchimp/main fields"]
    assert "remove 1 fields" in found["mailchimp/main room"]
    assert levels(corner)["mailchimp/main tags"] == ["short"]


def test_what_waits_for_a_person_is_short(corner):
    corner("plan")
    corner("pause")
    with open_store(corner.folder / "store") as store, store.record(0) as recorder:
        recorder.dead_letter("{}", "unreadable")
        recorder.accept("shopify", "main", "[]")
        recorder.due([(1, "00" * 16, "look", "late")])
        recorder.plan("plan-1", "parked", store.plan("plan-1")[1])
    found = levels(corner, code=0)
    for name in ("writing", "dead letters", "inbox", "ticks", "plans"):
        assert found[name] == ["short"], name


def test_webhooks_have_secrets_that_are_not_in_the_file(corner, monkeypatch):
    settings(corner, more='[webhook.shopify.main]\nsecret = "env:SHOPIFY"\n'
                          '[webhook.stripe.main]\nsecret = "whsec-in-the-clear"\n')  # fmt: skip
    ((about, said, _),) = wrong(corner)
    assert about == "shopify/main"
    assert "SHOPIFY" in said
    monkeypatch.setenv("SHOPIFY", "s3cret")
    said = corner("doctor")
    assert "in-the-clear" not in said.out
    found = levels(corner, code=0)
    assert found["shopify/main webhook"] == found["stripe/main webhook"] == ["good"]
    assert found["secrets"] == ["short"]


def test_what_a_connector_finds_itself_is_told_under_its_accounts_name():
    one = Finding(about="plan tier", level="short", said="no custom events", remedy="a higher one")
    other = Finding(about="hubspot/main token", level="good", said="has all scopes")
    told = own(SimpleNamespace(examine=lambda: iter([one, other])), "hubspot/main")
    assert [found.about for found in told] == ["hubspot/main plan tier", "hubspot/main token"]


def test_a_webhook_and_a_source_of_one_shop_have_one_name_and_one_money(corner, monkeypatch):
    monkeypatch.setenv("SHOP_SECRET", "hush of the shop")
    pulled = """
[source.shopify.main]
shop = "corner.example.com"
token = "env:SHOP_SECRET"
currency = "EUR"
[webhook.shopify.main]
secret = "env:SHOP_SECRET"
currency = "EUR"
"""
    settings(corner, more=pulled)
    assert levels(corner, about="shopify/main webhook") == {"shopify/main webhook": ["good"]}
    settings(
        corner,
        replace={
            'env:SHOP_SECRET"\ncurrency = "EUR"\n[w': 'env:SHOP_SECRET"\ncurrency = "USD"\n[w'
        },
    )
    assert levels(corner, about="shopify/main webhook")["shopify/main webhook"][0] == "wrong"
    settings(corner, replace={"webhook.shopify.main": "webhook.shopify.berlin"})
    assert levels(corner, about="shopify/berlin webhook")["shopify/berlin webhook"][0] == "short"


def test_a_fresh_folder_is_told_what_to_replace_each_with_its_remedy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILCHIMP_KEY", "none-us6")
    assert CliRunner().invoke(app, ["init"]).exit_code == 0
    assert (tmp_path / "export").is_dir()
    done = CliRunner().invoke(app, ["doctor", "--json"])
    bad = [one for one in json.loads(done.stdout)["findings"] if one["level"] == "wrong"]
    assert [one["about"] for one in bad if not one["remedy"]] == []
    (list_id,) = [one for one in bad if one["about"] == "mailchimp/main settings"]
    assert "destination.mailchimp.main.list" in list_id["said"]
    assert "Audience ID" in list_id["remedy"]
    said = CliRunner().invoke(app, ["doctor"]).stdout
    assert said.index("WRONG  mailchimp/main settings") < said.index("→ write the audience's id")


def test_a_currency_without_a_rate_is_counted_and_a_corrected_row_ends_it(corner):
    book = corner.folder / "playbook" / "playbook.yaml"
    book.write_text(book.read_text().replace(
        "segments:", "  spent: {sum: order.amount, window: 90d}\nsegments:\n"
                     "  spenders: spent >= 1000", 1))  # fmt: skip
    corner("plan")
    mistyped = "key,kind,id,occurred_at,amount,currency\nx-1,order,1,2026-03-01T10:00:{}Z,5.00,{}\n"
    file = corner.folder / "export" / "events-x.csv"
    file.write_text(mistyped.format("00", "USD") + "x-2,order,1,2026-03-01T10:00:00Z,5.00,XXQ\n")
    pulled = corner("pull").out
    assert "1 row set aside" in pulled
    assert "letters`)" in pulled
    ((_, said, remedy),) = [one for one in wrong(corner) if one[0] == "currencies"]
    assert "1 in USD" in said
    assert "a second later" in remedy
    (row,) = [one for one in corner.json("doctor", code=1)["findings"]
              if one["about"] == "dead letters"]  # fmt: skip
    assert "--replay" not in row["remedy"]
    assert "1 row left" in corner("letters", "--replay").out
    file.write_text(mistyped.format("01", "EUR"))
    corner("pull")
    assert not levels(corner, code=0, about="currencies")
    corner("plan")
