"""The cells that the suite over every webhook (`test_conformance_webhooks.py`) does not reach: vectors
of the systems that publish none, made by `openssl dgst -hmac` and not by our code or tests; and the
other ways of proving who calls, each with a flipped bit, a wrong and a missing proof, both secrets
of a change, any clock, and a call that comes again."""

import base64
from hashlib import sha256

import pytest

from connectors import find
from connectors.shared.signatures import Refused
from personalization.connector import Request
from tests.connectors.stages import hook_mailchimp, hook_segment

AT = 1_772_700_000
MADE_BY_OPENSSL = {
    "shopify": (
        "hush of the shop",
        "X-Shopify-Hmac-SHA256",
        "S3CMtfWP1D6B57VEDCrEq112o1t/ir5s2y/3pZs558w=",
    ),
    "woocommerce": (
        "hush of the woo",
        "X-WC-Webhook-Signature",
        "7nd56K417dtWI+ldpX2NMV9G30iA7cIkPbFxdIAV5vM=",
    ),
    "stripe": (
        "whsec_of_today",
        "Stripe-Signature",
        "t=1772700000,v1=2a2694f5e3b2f459224aa22ff1f37476bb609b9c66e8bb103ffb6ab69a910262",
    ),
    "mailchimp": (
        "hush of the audience",
        "X-Mailchimp-Signature",
        "t=1772700000,v1=987ae562fe48ebb9907bc532af66bc8e0494152e788c77faa7dca907ee4f3306",
    ),
    "segment": ("shared hush", "X-Signature", "2aa2453406777cf7010521f50c6a2bf72f82ff45"),
}


def called(url="", headers=None, body=b'{"id":7}', method="POST", at=AT):
    return Request(method=method, url=url, headers=headers or {}, body=body,
                   received_at=at * 1_000_000)  # fmt: skip


@pytest.mark.parametrize("name", MADE_BY_OPENSSL)
def test_a_signature_made_elsewhere_passes_and_of_another_body_does_not(name):
    secret, header, signature = MADE_BY_OPENSSL[name]
    hook = find(name).webhook("main", {"secret": secret})
    hook.verify(called(headers={header: signature}))
    with pytest.raises(Refused, match="wrong signature"):
        hook.verify(called(headers={header: signature}, body=b'{"id":8}'))


class Word:
    """Mailchimp's older webhooks: a word in the address."""

    secret, new, third = "a word of today, long", "a word of tomorrow", "a word of nobody at all"
    event = hook_mailchimp.BODY

    def hook(self, secret, old=None):
        old_one = {"old_url_secret": old} if old else {}
        return find("mailchimp").webhook("main", {"url_secret": secret, **old_one})

    def call(self, secret, at=AT):
        return called(
            f"https://hooks.example.com/hooks/mailchimp/main/{secret}", body=self.event, at=at
        )

    def without(self):
        return called("https://hooks.example.com/hooks/mailchimp/main", body=self.event)

    def proof(self, call, place=None):
        """The call with one bit of its proof turned; how many bits that has, without a place."""
        begin, _, word = call.url.rpartition("/")
        return 8 * len(word) if place is None else call.model_copy(
            update={"url": f"{begin}/{turned(word, place)}"})  # fmt: skip


class WriteKey:
    """Segment's write key, where nothing is signed."""

    secret, new, third = "key-of-today", "key-of-tomorrow", "key-of-nobody"
    header = "Authorization"

    def hook(self, secret, old=None):
        return find("segment").webhook(
            "main", {"write_key": secret, **({"old_write_key": old} if old else {})}
        )

    def call(self, secret, at=AT):
        key = "Basic " + base64.b64encode(f"{secret}:".encode()).decode()
        return called("https://hooks.example.com/hooks/segment/main/v1/track",
                      {self.header: key}, hook_segment.BODY, at=at)  # fmt: skip

    def without(self):
        return self.call("x").model_copy(update={"headers": {}})

    def proof(self, call, place=None):
        given = call.headers[self.header]
        start = len("Basic ")
        return 8 * (len(given) - start) if place is None else call.model_copy(update={"headers": {
            **call.headers, self.header: given[:start] + turned(given[start:], place)}})  # fmt: skip


class Workflow(WriteKey):
    """HubSpot's signature of version 2, which workflows have: it covers no time stamp."""

    header = "X-HubSpot-Signature"
    url = "https://hooks.example.com/actions/hubspot/main"
    body = (b'{"callbackId":"ap-1","origin":{"portalId":1},"inputFields":{"slot":"hero"},'
            b'"object":{"objectId":7,"objectType":"CONTACT"}}')  # fmt: skip

    def hook(self, secret, old=None):
        settings = {"token": "t", "app": 1, "secret": secret}
        return find("hubspot").workflow(
            "main", {**settings, **({"old_secret": old} if old else {})}
        )

    def call(self, secret, at=AT):
        proof = sha256(f"{secret}POST{self.url}".encode() + self.body).hexdigest()
        headers = {self.header: proof, "X-HubSpot-Signature-Version": "v2"}
        return called(self.url, headers, self.body, at=at)

    def proof(self, call, place=None):
        given = call.headers[self.header]
        return 8 * len(given) if place is None else call.model_copy(update={"headers": {
            **call.headers, self.header: turned(given, place)}})  # fmt: skip


def turned(text, place):
    """A text with one bit of it flipped."""
    raw = bytearray(text.encode("latin-1"))
    raw[place // 8] ^= 1 << place % 8
    return raw.decode("latin-1")


@pytest.mark.parametrize(
    "way", [Word(), WriteKey(), Workflow()], ids=lambda one: type(one).__name__
)
def test_every_other_way_of_proving_who_calls(way):
    hook = way.hook(way.secret)
    first = way.call(way.secret)
    hook.verify(first)
    # Nothing is signed that tells the time, so a call counts whenever it comes, and says the same.
    for at in (0, AT - 301, AT + 86_400):
        hook.verify(way.call(way.secret, at))
    assert hook.parse(first) == hook.parse(way.call(way.secret))
    flipped = [way.proof(first, place) for place in range(way.proof(first))]
    for wrong in (way.call(way.third), way.call(way.new), way.without(), *flipped):
        with pytest.raises(Refused):
            hook.verify(wrong)
    changing = way.hook(way.new, way.secret)
    changing.verify(first)
    changing.verify(way.call(way.new))
    with pytest.raises(Refused):
        changing.verify(way.call(way.third))
    if isinstance(way, Workflow):
        for place in range(8 * len(way.body)):
            raw = bytearray(way.body)
            raw[place // 8] ^= 1 << place % 8
            with pytest.raises(Refused):
                hook.verify(first.model_copy(update={"body": bytes(raw)}))
