"""The function behind `POST /actions/{connector}/{account}`: an action that a workflow calls."""

import os
from functools import lru_cache
from typing import Any

from functions.door.acting import Acting, act, answer_late
from functions.door.answers import NOT_FOUND, later, told
from functions.door.deciding import Counter
from functions.shop import named
from functions.stack.clients import client
from functions.stack.folder import settings
from functions.stack.gateway import answered, request_of, target_of
from functions.stack.measuring import measure, say
from functions.stack.secrets import Secrets
from functions.stack.shop import shop
from personalization.errors import ProductError, Retry


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """What verifies calls, and the token that answers those laid by."""
    return Secrets(client("secretsmanager"), os.environ["SECRET"])


@lru_cache(maxsize=1)
def actions(_version: str) -> dict[tuple[str, str], Acting]:
    """The actions of the settings, with one version of the secrets."""
    one = shop()
    counter = Counter(one, ())
    return {place: Acting("/".join(place), one.action(*place), counter, say)
            for place in named(one.settings, "action")}  # fmt: skip


def handler(event: dict[str, Any], _context: object) -> dict[str, Any] | None:
    """One call; or, of the schedule, the answers that were laid by."""
    found = actions(secrets().fresh())
    if "requestContext" not in event:
        for one in found.values():
            answer_late(one, shop().clock())
        return None
    try:
        _, connector, account = target_of(event).partition("?")[0].split("/")[1:4]
        acting = found.get((connector, account))
        request = request_of(event, settings().serve.address)
        answer = act(acting, request) if acting else NOT_FOUND
    except Retry as problem:
        print(f"later: {type(problem).__name__}")
        answer = later(problem.after)
    except (ProductError, ValueError) as problem:
        measure("Stopped", 1, function="action")
        print(f"stopped: {type(problem).__name__}")
        answer = told(500, {"error": "a person has to act first: the log says what"})
    return answered(answer)
