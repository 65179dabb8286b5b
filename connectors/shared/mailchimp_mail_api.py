"""Mailchimp Transactional over HTTP: JSON with the key in the body, POST for everything.

Source: mandrillapp.com/api/docs (addresses) and the OpenAPI description 1.4.0 in
mailchimp/mailchimp-client-lib-codegen (bodies, errors). The official client for it is not used:
its time-out is 300 s and it tries nothing again.
"""

from collections.abc import Mapping
from typing import Any

import requests

from connectors.shared.http import Rejected, Wire, json_of
from connectors.shared.redaction import clean
from personalization.errors import Retry, TokenRefused

UNSURE = frozenset({"GeneralError", "ServiceUnavailable", "unnamed"})
"""Errors after which nobody knows what was done. All others, whatever their HTTP status (older
answers gave 500 to every error), say that the call was not carried out."""
KEY_ERRORS = frozenset({"Invalid_Key", "PaymentRequired"})


class MailWire(Wire):
    """A `Wire` that reads errors by their names."""

    def refuse_for_good(self, answer: requests.Response) -> None:
        """Raises Stop or Rejected where trying again is of no use."""
        body = json_of(answer)
        if not (isinstance(body, dict) and body.get("status") == "error"):
            super().refuse_for_good(answer)
            return
        name = str(body.get("name") or "unnamed")
        if name in KEY_ERRORS:
            raise TokenRefused(
                f"{self.place}: Mailchimp Transactional refused the key ({name}). Give this account "
                "a valid transactional_key, of an account that is paid for."
            )
        if name not in UNSURE and answer.status_code != 429:
            raise Rejected(answer.status_code, clean(name), self.place)


class MailApi:
    """The transactional API of one account."""

    def __init__(self, key: str, url: str, wire: Wire) -> None:
        self.key = key
        self.url = url.rstrip("/")
        self.wire = wire

    def call(self, path: str, body: Mapping[str, Any], once: bool = False) -> Any:
        """The JSON of one call's answer. Raises what `Wire.send` does, and Retry for no JSON."""
        self.wire.once = once
        try:
            answer = self.wire.send(
                "POST", f"{self.url}/{path}.json", json={"key": self.key, **body},
                headers={"User-Agent": "segment-of-one"},
            )  # fmt: skip
        finally:
            self.wire.once = False
        return json_of(answer)

    def rows(self, path: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The same where a list is the answer."""
        answer = self.call(path, body)
        if not isinstance(answer, list):
            raise Retry(f"{self.wire.place}: an answer of {path} was no list")
        return [row for row in answer if isinstance(row, dict)]
