"""Which path leads where.

- `POST /hooks/{connector}/{account}`: a webhook; what follows is the connector's own.
- `POST /actions/{connector}/{account}`: an action that a workflow calls.
- `GET /v1/contacts/{contact}/decision`: the decision API.
- `GET /health`: whether the store can be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from functions.door.acting import Acting, act
from functions.door.answers import NOT_FOUND, Answer, later, not_allowed, told
from functions.door.deciding import Counter, give
from functions.door.hearing import Ear, hear
from personalization.connector import Request
from personalization.errors import ProductError, Retry


@dataclass(frozen=True)
class Door:
    """Everything that can be asked for. `actions` by connector and account."""

    ear: Ear
    counter: Counter
    actions: Mapping[tuple[str, str], Acting] = field(default_factory=dict)


def answer(door: Door, target: str, request: Request) -> Answer:
    """Answers a call. `target` is the path as it was called, still encoded."""
    parts = target.partition("?")[0].split("/")[1:]
    try:
        match parts:
            case ["hooks", connector, account, *_]:
                return hear(door.ear, connector, account, request)
            case ["actions", connector, account] if (connector, account) in door.actions:
                if request.method != "POST":
                    return not_allowed("POST")
                return act(door.actions[connector, account], request)
            case ["v1", "contacts", who, "decision"] if who:
                return give(door.counter, unquote(who), request)
            case ["health"]:
                return health(door, request)
            case _:
                return NOT_FOUND
    except Retry as problem:
        return later(problem.after)
    except ProductError:
        return told(500, {"error": "a person has to act first: the log says what"})


def health(door: Door, request: Request) -> Answer:
    """Whether calls can be taken, and how far behind the work is."""
    if request.method not in ("GET", "HEAD"):
        return not_allowed("GET")
    store = door.counter.shop.store
    paused = store.setting("paused") == "yes"
    return told(200, {"status": "paused" if paused else "ok", "waiting": len(store.waiting())},
                **{"Cache-Control": "no-store"})  # fmt: skip
