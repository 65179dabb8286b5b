"""Secrets as a function of the stack reads them: one JSON object {NAME: value} a secret, put where
`"env:NAME"` of the settings looks for it.

They are read again every few minutes, so that a key that is changed needs no deployment: keep the
old one valid for that long (the settings' `old_secret` and `old_key` are for that)."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from personalization.errors import Retry, Stop

SECONDS = 300.0


@dataclass
class Secrets:
    """One secret, and which of its versions is in the environment; "" before the first reading."""

    client: Any
    name: str
    clock: Callable[[], float] = time.monotonic
    version: str = ""
    read_at: float = 0.0

    def fresh(self) -> str:
        """Puts the secret into the environment, at most every few minutes, and returns its
        version: what was made with another is to be made anew. Raises Stop for what is no JSON
        object of texts, Retry where it cannot be read at all."""
        now = self.clock()
        if self.version and now - self.read_at < SECONDS:
            return self.version
        try:
            found = self.client.get_secret_value(SecretId=self.name)
        except Exception as error:  # noqa: BLE001  an old secret serves as long as it is taken
            if self.version:
                return self.version
            raise Retry(f"the secret cannot be read: {type(error).__name__}") from None
        os.environ.update(values(found["SecretString"]))
        self.version, self.read_at = str(found.get("VersionId", "one")), now
        return self.version


def values(text: str) -> dict[str, str]:
    """What a secret holds. Raises Stop, repeating none of it."""
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise Stop('the secret is no JSON object of texts: write {"SHOPIFY_SECRET": "..."}')
    return said
