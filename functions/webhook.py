"""The function behind `POST /hooks/{connector}/{account}`: a call is verified on its raw bytes,
read, laid into the queue, and only then answered. It loads no engine and no vendor's client."""

import os
from functools import lru_cache
from typing import Any

import connectors
from functions.door.answers import NOT_FOUND, Answer, later, told
from functions.door.hearing import Ear, hear
from functions.settings import resolved, tables
from functions.stack.clients import client
from functions.stack.folder import settings
from functions.stack.gateway import answered, request_of, target_of
from functions.stack.measuring import measure, say
from functions.stack.parcels import Post
from functions.stack.secrets import Secrets
from personalization.errors import ProductError, Retry

REFUSED = (401, 413)


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """The webhooks' secrets."""
    return Secrets(client("secretsmanager"), os.environ["SECRET"])


@lru_cache(maxsize=1)
def ear(_version: str) -> Ear:
    """All that hearing needs, made with one version of the secrets."""
    given, hooks = settings(), {}
    for connector, accounts in tables(given, "webhook").items():
        make = connectors.find(connector).webhook
        for account in accounts:
            hooks[connector, account] = make(
                account, resolved(given, "webhook", connector, account)
            )
    post = Post(client("sqs"), client("s3"), os.environ["QUEUE"], os.environ["BUCKET"])
    return Ear(hooks, post.keep, say)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One call."""
    answer = heard(event)
    if answer.status in REFUSED:
        measure("WebhookRefused", 1)
    return answered(answer)


def heard(event: dict[str, Any]) -> Answer:
    """The call's answer; after a mistake in the settings one that lets the sender try again."""
    match target_of(event).partition("?")[0].split("/")[1:]:
        case ["hooks", connector, account, *_]:
            pass
        case _:
            return NOT_FOUND
    try:
        listening = ear(secrets().fresh())
        return hear(listening, connector, account, request_of(event, settings().serve.address))
    except Retry as problem:
        print(f"later: {problem}")
        return later(problem.after)
    except ProductError as problem:
        measure("Stopped", 1, function="webhook")
        print(f"stopped: {problem}")
        return told(500, {"error": "a person has to act first: the log says what"})
