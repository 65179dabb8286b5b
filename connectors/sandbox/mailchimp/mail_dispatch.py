"""The way of a call to the transactional API: failure, key, handler, ledger, reply. Its ledger
entries have api=transactional; it fails by the same kinds as the other."""

import json
from typing import Any
from urllib.parse import urlsplit

from connectors.sandbox.dispatch import BODILESS, RETRY_AFTER, Incoming, Reply
from connectors.sandbox.ledger import Recorder
from connectors.sandbox.mailchimp.mail import API, HANDLERS, Refused
from connectors.sandbox.world import World, parsed

PREFIX = "/api/1.0/"
READS = frozenset({"users/ping2", "templates/info", "messages/search"})


def serve(world: World, incoming: Incoming) -> Reply:
    """Answers one call. All that it changes and records happens under the world's lock."""
    with world.lock:
        path = urlsplit(incoming.target).path
        name = path.removeprefix(PREFIX).removesuffix(".json")
        recorder = world.recorder()
        failure = world.failures.for_call("POST" if name not in READS else "GET", path)
        body: Any = None
        status, answer = 200, None
        if failure in BODILESS:
            status = BODILESS[failure]
        elif failure != "lost_before":
            status, body, answer = _answered(world, incoming, name, recorder)
        if failure == "silent":
            recorder.roll_back()
        lost = failure in ("lost_before", "lost_after")
        kept = {key: value for key, value in (body or {}).items() if key != "key"}
        call = {
            "via": "http",
            "api": API,
            "method": incoming.method,
            "path": path,
            "query": {},
            "body": kept,
            "write": name not in READS,
            "status": status,
            "answered": not lost,
            "failure": failure,
            "connections": incoming.connections,
        }
        world.write(call, recorder)
        content = b"" if answer is None else json.dumps(answer).encode()
        kind = "application/json; charset=utf-8" if content else None
        delay = world.failures.delay if failure == "slow" else 0.0
        more = RETRY_AFTER.get(failure or "", {})
        return Reply(status, content, kind, lost=lost, delay=delay, headers=more)


def _answered(
    world: World, incoming: Incoming, name: str, recorder: Recorder
) -> tuple[int, Any, Any]:
    """Status, the call's body, the answer."""
    body: Any = None
    try:
        body = parsed(incoming.body) or {}
        keys = world.account.holdings.mail.keys
        if not body.get("key") or (keys and body["key"] not in keys):
            raise Refused(401, "Invalid_Key", "Invalid API key", -1)
        if name not in HANDLERS or incoming.method != "POST":
            raise Refused(404, "Unknown_Method", "No such call", -99)
        return 200, body, HANDLERS[name](world.account, body, recorder)
    except Refused as refused:
        recorder.roll_back()
        return refused.status, body, refused.body
    except ValueError:
        error = Refused(422, "ValidationError", "The body is not JSON")
        return error.status, body, error.body
