"""The corner shop with its door open: real HTTP on a free port, the work behind it done when a
test says so."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.door.serving import serving
from functions.door.telling import Line
from functions.door.turning import Work, turn
from functions.shop import Shop, open_shop

SECRETS = {
    "SHOPIFY_SECRET": "hush of the shop",
    "SHOPIFY_OLD": "hush of yesterday",
    "HUBSPOT_SECRET": "hush of the app",
    "MAILCHIMP_SECRET": "hush of the audience",
    "MAILCHIMP_WORD": "a-word-at-the-end-of-the-address",
    "FEEDBACK_SECRET": "whsec_" + base64.b64encode(b"hush of the survey").decode(),
    "WRITE_KEY": "write-key",
    "DOOR_KEY": "key of the site",
    "DOOR_OLD": "key of yesterday",
}
HOOKS = """
[webhook.shopify.main]
secret = "env:SHOPIFY_SECRET"
old_secret = "env:SHOPIFY_OLD"
currency = "EUR"
most_bytes = 20000
[webhook.hubspot.main]
secret = "env:HUBSPOT_SECRET"
[webhook.mailchimp.main]
secret = "env:MAILCHIMP_SECRET"
url_secret = "env:MAILCHIMP_WORD"
[webhook.segment.main]
write_key = "env:WRITE_KEY"
currency = "EUR"
[action.hubspot.main]
secret = "env:HUBSPOT_SECRET"
token = "env:HUBSPOT_SECRET"
url = "{url}"
[serve]
key = "env:DOOR_KEY"
old_key = "env:DOOR_OLD"
"""


def hooks_of(corner: Any) -> str:
    """The settings of the door."""
    return HOOKS.replace("{url}", corner.sandbox.url)


@dataclass
class Answered:
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Open:
    """A door that is open, over a shop."""

    shop: Shop
    url: str
    work: Work
    lines: list[Line] = field(default_factory=list)

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answered:
        """A call as it is."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        try:
            connection.request(method, path, body, headers)
            got = connection.getresponse()
            return Answered(got.status, dict(got.getheaders()), got.read())
        finally:
            connection.close()

    def shopify(self, topic: str, told: Any, secret: str = SECRETS["SHOPIFY_SECRET"]) -> Answered:
        """A call as Shopify makes it."""
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
        return self.call("POST", "/hooks/shopify/main", body,
                         **{"X-Shopify-Hmac-SHA256": signature, "X-Shopify-Topic": topic,
                            "X-Shopify-Webhook-Id": "d-1"})  # fmt: skip

    def decision(self, who: str, key: str = SECRETS["DOOR_KEY"], **headers: str) -> Answered:
        """What somebody is shown now."""
        return self.call("GET", f"/v1/contacts/{who}/decision",
                         **{"Authorization": f"Bearer {key}", **headers})  # fmt: skip

    def turn(self) -> None:
        """One round of work."""
        turn(self.work, threading.Event())

    def said(self) -> str:
        """All that the log says."""
        return "\n".join(line.model_dump_json() for line in self.lines)


@contextmanager
def opened(corner: Any) -> Iterator[Open]:
    """The corner's door; its worker sleeps, so that a test says when work is done."""
    lines: list[Line] = []
    with (
        open_shop(corner.folder / "ofone.toml") as shop,
        serving(shop, lines.append, a_round=3_600) as served,
    ):
        yield Open(shop, served.url, served.work, lines)


@pytest.fixture
def door(corner: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    settings = corner.folder / "ofone.toml"
    settings.write_text(settings.read_text() + hooks_of(corner))
    with opened(corner) as found:
        yield found
