"""The nightly run's pull of sources: `{"connector", "account"}` in, the same with `done` out. What a
page brought is stored with its cursor, so that the next call goes on behind it."""

import os
from functools import lru_cache
from typing import Any

from functions.stack.clients import client
from functions.stack.measuring import measure
from functions.stack.secrets import Secrets
from functions.stack.store import clock, opened, source
from functions.stack.times import OutOfTime, watch
from personalization.errors import TokenRefused
from personalization.pull import pull_source


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """The sources' tokens."""
    return Secrets(client("secretsmanager"), os.environ["SECRET"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Pulls from one source until its end, or for as long as there is time."""
    secrets().fresh()
    one = source(event["connector"], event["account"])
    try:
        pull_source(opened(), one, clock(), watch(context), look=True)
    except OutOfTime:
        return {**event, "done": False}
    except TokenRefused:
        measure("TokenRefused", 1)
        raise
    return {**event, "done": True}
