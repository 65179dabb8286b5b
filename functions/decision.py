"""The function behind `GET /v1/contacts/{contact}/decision`."""

import os
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from functions.door.answers import later, told
from functions.door.deciding import Counter, give
from functions.settings import serve_keys
from functions.stack.clients import client
from functions.stack.folder import settings
from functions.stack.gateway import answered, request_of, target_of
from functions.stack.measuring import measure
from functions.stack.secrets import Secrets
from functions.stack.shop import shop
from personalization.errors import ProductError, Retry


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """The keys that open the API."""
    return Secrets(client("secretsmanager"), os.environ["SECRET"])


@lru_cache(maxsize=1)
def counter(_version: str) -> Counter:
    """Where decisions are given out, with one version of the keys."""
    return Counter(shop(), serve_keys(settings()))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One call."""
    try:
        who = target_of(event).partition("?")[0].split("/")[3]
        answer = give(counter(secrets().fresh()), unquote(who), request_of(event))
    except Retry as problem:
        print(f"later: {problem}")
        answer = later(problem.after)
    except ProductError as problem:
        measure("Stopped", 1, function="decision")
        print(f"stopped: {problem}")
        answer = told(500, {"error": "a person has to act first: the log says what"})
    return answered(answer)
