"""What the door does with calls: whom it lets in, what it answers, what is durable then."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from tests.functions.door.conftest import SECRETS

ORDER = {"id": 7001, "email": "p1@example.com", "currency": "EUR", "total_price": "12.50",
         "created_at": "2026-03-02T10:00:00Z", "updated_at": "2026-03-02T10:05:00Z",
         "line_items": []}  # fmt: skip


def test_a_signed_order_is_durable_before_it_is_answered(door) -> None:
    answered = door.shopify("orders/create", ORDER)
    assert answered.status == 200
    (row,) = door.shop.store.waiting()
    assert row[1:3] == ("shopify", "main")
    assert json.loads(row[3])[0]["key"] == "shopify/main:order:7001"
    (line,) = [one for one in door.lines if one.what == "webhook"]
    assert (line.place, line.delivery, line.outcome) == ("shopify/main", "d-1", "kept")


def test_who_is_not_let_in_learns_nothing_and_leaves_nothing(door) -> None:
    wrong = door.shopify("orders/create", ORDER, secret="a guess")
    unsigned = door.call("POST", "/hooks/shopify/main", b"{}")
    assert (wrong.status, unsigned.status) == (401, 401)
    assert wrong.body == unsigned.body
    assert door.shopify("orders/create", ORDER, secret=SECRETS["SHOPIFY_OLD"]).status == 200
    assert len(door.shop.store.waiting()) == 1


def test_paths_and_methods_that_are_none(door) -> None:
    for path in ("/", "/hooks", "/hooks/shopify", "/hooks/shopify/other", "/hooks/nobody/main",
                 "/actions/hubspot/other", "/v1/contacts//decision", "/v1/contacts/x"):  # fmt: skip
        assert door.call("POST", path, b"{}").status == 404, path
    refused = door.call("GET", "/hooks/shopify/main")
    assert (refused.status, refused.headers["Allow"]) == (405, "POST")
    assert door.call("PUT", "/hooks/mailchimp/main", b"").status == 405
    assert door.call("DELETE", "/health").status == 405
    assert door.call("GET", "/actions/hubspot/main").status == 405
    assert door.call("GET", "/health").json == {"status": "ok", "waiting": 0}


def raw(door, text: str) -> str:
    """The first line of the answer to bytes as they are."""
    with socket.create_connection((urlsplit(door.url).hostname, urlsplit(door.url).port), 20) as at:
        at.sendall(text.encode())
        return at.makefile().readline().strip()


def test_a_size_is_held_before_the_body_is_read(door) -> None:
    head = "POST /hooks/shopify/main HTTP/1.1\r\nHost: x\r\n"
    assert " 413 " in raw(door, f"{head}Content-Length: 999999999\r\n\r\n")
    assert " 413 " in raw(door, f"{head}Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
    assert " 411 " in raw(door, f"{head}\r\n")
    assert " 411 " in raw(door, f"{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert " 400 " in raw(door, f"{head}Content-Length: -1\r\n\r\n")
    assert door.shopify("orders/create", b"x" * 20_001).status == 413
    assert door.shop.store.waiting() == []


@pytest.mark.parametrize("work", ["the door's", "a tick"])
def test_what_is_verified_and_cannot_be_read_is_set_aside_and_read_again_when_put_back(
    door, corner, work
) -> None:
    assert door.shopify("orders/create", b'{"email":"p1@example.com"').status == 200
    ((body, reason, _),) = door.shop.store.dead_letters()
    assert reason == "shopify/main: the body is not JSON"
    assert not any(secret in body for secret in SECRETS.values())
    assert "hmac" not in body.lower()
    # As if an older version had not been able to read it.
    whole = json.loads(body)
    whole["webhook"]["base64"] = __import__("base64").b64encode(json.dumps(ORDER).encode()).decode()
    with door.shop.store.record(1) as recorder:
        recorder.accept("shopify", "main", json.dumps(whole))
    # Nothing was applied yet, and a tick says so.
    corner("tick", code=4) if work == "a tick" else door.turn()
    contact = door.shop.store.contact_of("email:p1@example.com")
    assert "shopify/main:order:7001" in {one.key for one, _ in door.shop.store.events_of(contact)}
    assert door.shop.store.waiting() == []
    assert "p1@example.com" in body  # so that an erasure finds it
    with door.shop.store.record(2) as recorder:
        recorder.forget(contact)
    assert list(door.shop.store.dead_letters()) == []


def test_no_line_of_the_log_names_a_person_or_a_secret(door) -> None:
    door.shopify("orders/create", ORDER)
    door.shopify("orders/create", b"not JSON p1@example.com")
    door.shopify("customers/create", ORDER, secret="x")
    door.call("POST", f"/hooks/mailchimp/main/{SECRETS['MAILCHIMP_WORD']}", b"type=profile")
    door.call("POST", "/hooks/segment/main", b'{"messageId":"p1@example.com"}',
              Authorization="Basic d3JpdGUta2V5Og==")  # fmt: skip
    door.decision("p1@example.com")
    door.turn()
    said = door.said()
    assert said.count("webhook") == 5
    assert "example.com" not in said
    assert not any(secret in said for secret in SECRETS.values())


def test_mailchimp_tries_an_address_by_get_and_the_word_in_it_is_needed(door) -> None:
    word = SECRETS["MAILCHIMP_WORD"]
    assert door.call("GET", f"/hooks/mailchimp/main/{word}").status == 200
    assert door.call("HEAD", f"/hooks/mailchimp/main?secret={word}").status == 200
    assert door.call("GET", "/hooks/mailchimp/main/another-word-at-the-end").status == 401
    assert door.call("GET", "/hooks/mailchimp/main").status == 401
    assert door.shop.store.waiting() == []


def test_while_the_store_is_busy_the_sender_is_told_to_come_again(door, monkeypatch) -> None:
    from personalization.errors import Retry

    def busy(_now):
        raise Retry("the store is busy", 7)

    monkeypatch.setattr(door.shop.store, "record", busy)
    answered = door.shopify("orders/create", ORDER)
    assert (answered.status, answered.headers["Retry-After"]) == (503, "7")


def test_who_ends_early_or_breaks_off_leaves_nothing(door) -> None:
    head = "POST /hooks/shopify/main HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    with socket.create_connection((urlsplit(door.url).hostname, urlsplit(door.url).port), 20) as at:
        at.sendall(f"{head}1234".encode())
        at.shutdown(socket.SHUT_WR)
        assert at.makefile().read() == ""
    assert "GET" not in raw(door, "NONSENSE\r\n\r\n")
    assert door.shopify("orders/create", ORDER).status == 200
    assert len(door.shop.store.waiting()) == 1
