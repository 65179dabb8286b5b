"""The decision API: what a web site learns of one contact, and what nobody does."""

from urllib.parse import quote

import pytest

from tests.functions.door.conftest import SECRETS

LINK = {"id": 501, "email": "p3@example.com", "created_at": "2026-03-01T00:00:00Z"}


@pytest.fixture
def known(corner, door):
    """The corner, planned. Gives (corner, door)."""
    corner("plan")
    return corner, door


def test_a_contact_is_found_by_address_id_and_alias_and_shown_what_a_plan_would_write(known):
    corner, door = known
    found = door.decision("p3@example.com")
    assert found.status == 200
    shown = found.json
    receipt = corner.json("explain", "p3@example.com")
    assert (shown["contact"], shown["arm"], shown["stage"]) == (
        receipt["contact"], receipt["arm"], "regulars")  # fmt: skip
    assert {"buyers", "regulars"} <= set(shown["segments"])
    assert shown["slots"]["hero"]["message"] == "loved"
    assert shown["slots"]["hero"]["decision"]
    assert [one["id"] for one in shown["slots"]["hero"]["picks"]] == ["bread"]
    assert shown["fields"] == {"HEADLINE": "Hello Town3", "PICK1": "Bread"}
    door.shopify("customers/create", LINK)
    door.turn()
    for who in (shown["contact"], quote("P3@example.com"), quote("files/main:3", safe=""),
                quote("shopify/main:501", safe="")):  # fmt: skip
        assert door.decision(who).json == shown


def test_who_is_in_the_holdout_gets_fallbacks(known):
    corner, door = known
    held = next(one["contact"] for one in corner.json("preview")["contacts"]
                if one["arm"] == "holdout")  # fmt: skip
    shown = door.decision(held).json
    assert shown["arm"] == "holdout"
    assert shown["fields"] == {"HEADLINE": "Hello", "PICK1": "our bestsellers"}
    assert shown["slots"]["hero"] == {"decision": None, "message": None, "picks": [], "until": None}


def test_only_who_has_a_key_is_answered_and_only_about_people_who_are_here(known):
    corner, door = known
    assert door.decision("p3@example.com", key=SECRETS["DOOR_OLD"]).status == 200
    for key in ("", "another key", SECRETS["DOOR_KEY"][:-1]):
        refused = door.decision("p3@example.com", key=key)
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert door.call("GET", "/v1/contacts/p3@example.com/decision").status == 401
    for who in ("nobody@example.com", "0" * 32, "x", "%ff", "a%2Fb:c"):
        assert door.decision(who).status == 404
    assert door.call("POST", "/v1/contacts/x/decision", b"").status == 405
    contact = door.decision("p3@example.com").json["contact"]
    corner("forget", contact, "--yes")
    assert door.decision("p3@example.com").status == 404
    assert door.decision(contact).status == 404


def test_without_a_key_in_the_settings_there_is_no_such_page(corner) -> None:
    from tests.functions.door.conftest import opened

    with opened(corner) as door:
        assert door.decision("p3@example.com", key="").status == 404


def test_an_answer_may_be_kept_for_a_minute_and_asked_for_again_by_its_tag(known):
    _, door = known
    first = door.decision("p3@example.com")
    assert first.headers["Cache-Control"] == "private, max-age=60"
    tag = {"If-None-Match": first.headers["ETag"]}
    again = door.decision("p3@example.com", **tag)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag["If-None-Match"])
    head = door.call("HEAD", "/v1/contacts/p3@example.com/decision",
                     Authorization=f"Bearer {SECRETS['DOOR_KEY']}")  # fmt: skip
    assert (head.status, head.body) == (200, b"")
    told = {**LINK, "email": "p3@example.com", "default_address": {"city": "Lyon"},
            "updated_at": "2026-03-02T11:00:00Z"}  # fmt: skip
    door.shopify("customers/update", told)
    door.turn()
    changed = door.decision("p3@example.com", **tag)
    assert changed.status == 200
    assert changed.json["fields"]["HEADLINE"] == "Hello Lyon"
