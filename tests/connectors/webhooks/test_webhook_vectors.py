"""The signatures that the systems themselves publish, and the moment of a version."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import find
from connectors.shared.signatures import Refused, sign
from connectors.shared.webhook_events import version_at
from personalization.connector import Request

SQUARE = [
    (
        "Ibxx_5AKakO-3qeNVR61Dw",
        "https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9",
        (
            '{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification",'
            '"event_id":"ac3ac95b-f97d-458c-a6e6-18981597e05f",'
            '"created_at":"2022-07-13T20:30:59.037339943Z",'
            '"data":{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}'
        ),
        "GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=",
    ),
    (
        "signature-key",
        "https://webhook.site/webhooks",
        '{"data":{"type":"webhooks","id":">id<"}}',
        "Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=",
    ),
]


def called(url, headers, body, received_at=0):
    return Request(method="POST", url=url, headers=headers, body=body, received_at=received_at)


@pytest.mark.parametrize(("key", "url", "body", "signature"), SQUARE)
def test_the_vectors_of_square_pass_and_bind_the_url(key, url, body, signature):
    header = {"x-square-hmacsha256-signature": signature}
    hook = find("square").webhook("main", {"secret": key})
    hook.verify(called(url, header, body.encode()))
    assert hook.parse(called(url, header, body.encode())).events == ()
    behind = find("square").webhook("main", {"secret": key, "url": url})
    behind.verify(called("https://gateway.example.com/x", header, body.encode()))
    for other_url, other_body in ((url[:-1], body), (url, json.dumps(json.loads(body), indent=1))):
        with pytest.raises(Refused, match="wrong signature"):
            hook.verify(called(other_url, header, other_body.encode()))


def test_the_vector_of_standard_webhooks_passes():
    hook = find("feedback").webhook("main", {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
    signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    for given_signature in (signature, f"v1a,abc v1,AAAA {signature}"):
        headers = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
                   "webhook-signature": given_signature}  # fmt: skip
        hook.verify(called("", headers, b'{"test": 2432232314}', 1_614_265_330_000_000))


def test_stripe_takes_any_of_several_signatures_and_only_of_the_scheme_that_is_secure():
    hook = find("stripe").webhook("main", {"secret": "whsec_of_today"})
    right = sign(b"whsec_of_today", b"1000.{}", "hex")
    for header, fine in (
        (f"t=1000,v1={'0' * 64},v1={right}", True),
        (f"t=1000,v1={right},v0=abc", True),
        (f"t=1000,v0={right}", False),
        (f"t=1000,t=1000,v1={right}", False),
        (f"v1={right}", False),
        (f"t=1000, v1={right}", False),
        ("t=1000", False),
        ("nonsense", False),
        (f"t=1e3,v1={right}", False),
        (f"t=1000,v1={right[:-1]}é", False),
    ):
        request = called("", {"Stripe-Signature": header}, b"{}", 1_000_000_000)
        if fine:
            hook.verify(request)
        else:
            with pytest.raises(Refused):
                hook.verify(request)


def test_a_write_key_proves_who_calls_where_nothing_is_signed():
    hook = find("segment").webhook("main", {"write_key": "abc123"})
    hook.verify(called("", {"Authorization": "Basic YWJjMTIzOg=="}, b"{}"))
    for wrong in ("Basic YWJjMTI0Og==", "Basic YWJjMTIz", "Bearer YWJjMTIzOg==", "Basic ***", "x",
                  "Basic YWJjMTIzOng="):  # fmt: skip
        with pytest.raises(Refused):
            hook.verify(called("", {"Authorization": wrong}, b"{}"))


def test_the_ping_by_which_woocommerce_tries_an_address_is_let_in_and_says_nothing():
    hook = find("woocommerce").webhook("main", {"secret": "x"})
    ping = called("", {"User-Agent": "WooCommerce Hookshot"}, b"webhook_id=12")
    hook.verify(ping)
    assert hook.parse(ping).events == ()
    with pytest.raises(Refused, match="missing header"):
        hook.verify(called("", {}, b"webhook_id=12&x=1"))


HOUR = 3_600_000_000
AGES = st.integers(0, 11 * 365 * 24 * HOUR)


@given(AGES, AGES)
def test_a_later_version_never_comes_before_an_earlier_one_and_stays_within_the_second(one, two):
    placed = 1_772_700_000_000_000
    early, late = sorted((one, two))
    assert placed <= version_at(placed, placed + early) <= version_at(placed, placed + late)
    assert version_at(placed, placed + late) < placed + 1_000_000
    if late - early >= HOUR:
        assert version_at(placed, placed + early) < version_at(placed, placed + late)
    if late - early >= 1_000_000 and late < 72 * HOUR:
        assert version_at(placed, placed + early) < version_at(placed, placed + late)
