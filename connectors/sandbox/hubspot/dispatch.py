"""The way of a call to the HubSpot API: token, rate limit, failure, handler, ledger, reply."""

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from connectors.sandbox.dispatch import Incoming, Reply
from connectors.sandbox.failures import HUBSPOT_KINDS, fraction
from connectors.sandbox.hubspot import limits, routes
from connectors.sandbox.hubspot.access import refused_scope, refused_token, token_of
from connectors.sandbox.hubspot.effects_sends import opt_out_of_all
from connectors.sandbox.hubspot.wire import Answer, Doing, Request
from connectors.sandbox.ledger import Recorder
from connectors.sandbox.world import World, parsed

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
RETRY_AFTER = "10"


def serve(world: World, incoming: Incoming) -> Reply:
    """Answers one call. All that it changes and records happens under the world's lock."""
    with world.lock:
        recorder = world.recorder()
        request = _request(world, incoming, recorder)
        answer = refused_token(request) or limits.refusal(
            world.portal, request.path, world.clock.now
        )
        failure = None
        if answer is None:
            failure = _failure(world, request)
            answer = _perform(world, incoming, request, failure)
        call = {
            "via": "http",
            "api": "hubspot",
            "method": request.method,
            "path": unquote(request.path),
            "query": {name: ",".join(values) for name, values in request.query.items()},
            "body": request.body,
            "write": routes.writes(request),
            "status": answer.status,
            "answered": failure not in ("lost_before", "lost_after"),
            "failure": failure,
            "connections": incoming.connections,
        }
        number = world.write(call, recorder)
        return _reply(world, request, answer, failure, number)


def _request(world: World, incoming: Incoming, recorder: Recorder) -> Request:
    parts = urlsplit(incoming.target)
    query = parse_qs(parts.query, keep_blank_values=True)
    doing = Doing(world.portal, recorder, world.clock.now)
    token = token_of(incoming.authorization)
    return Request(incoming.method, parts.path, query, None, doing, token)


def _failure(world: World, request: Request) -> str | None:
    """What goes wrong. Kinds that only a batch of objects can have pass other calls by."""
    failures = world.portal.failures
    failure = failures.for_call(request.method, request.path, HUBSPOT_KINDS)
    batch = request.path.startswith("/crm/v3/objects/") and "/batch/" in request.path
    if failure in ("partial", "partial_silent") and not (batch and routes.writes(request)):
        return None
    return None if failure == "silent" and not routes.writes(request) else failure


def _perform(world: World, incoming: Incoming, request: Request, failure: str | None) -> Answer:
    if failure in ("429", "429_retry_after"):
        more = {"Retry-After": RETRY_AFTER} if failure == "429_retry_after" else {}
        return limits.too_many("window", more)
    if failure in ("500", "502", "lost_before"):
        return Answer(0 if failure == "lost_before" else int(failure))
    try:
        request.body = _body(incoming)
    except ValueError:
        body = {"status": "error", "category": "VALIDATION_ERROR", "message": "Invalid input JSON"}
        return Answer(400, body)
    if failure == "opt_out":
        _someone_leaves(world, request)
    chance = fraction(world.portal.failures.seed, "which", world.portal.failures.count)
    request.spoil = chance if failure == "partial" else None
    request.mute = chance if failure == "partial_silent" else None
    if routes.writes(request):
        moment = world.clock.tick()
        request.doing = Doing(world.portal, request.doing.recorder, moment)
    answer = refused_scope(request, routes.writes(request)) or routes.answer(request)
    if failure == "silent":
        request.doing.recorder.roll_back()
    return answer


def _body(incoming: Incoming) -> Any:
    """JSON, or a form, which only the token endpoints take."""
    if "/oauth/" in incoming.target and incoming.body[:1] not in (b"{", b""):
        return {name: values[-1] for name, values in parse_qs(incoming.body.decode()).items()}
    return parsed(incoming.body)


def _reply(
    world: World, request: Request, answer: Answer, failure: str | None, number: int
) -> Reply:
    if failure in ("lost_before", "lost_after"):
        return Reply(answer.status, lost=True)
    delay = world.portal.failures.delay if failure == "slow" else 0.0
    if failure == "500":
        return Reply(500)
    if failure == "502":
        return Reply(502, HTML, "text/html; charset=utf-8")
    headers = {**limits.headers(world.portal, request.path, world.clock.now), **answer.headers}
    if answer.body is None:
        return Reply(answer.status, headers=headers, delay=delay)
    content = answer.body
    if isinstance(content, dict) and content.get("status") == "error":
        content = {**content, "correlationId": f"00000000-0000-4000-8000-{number:012d}"}
    body = json.dumps(content, separators=(",", ":")).encode()
    kind = "application/json;charset=utf-8"
    return Reply(answer.status, body, kind, headers=headers, delay=delay)


def _someone_leaves(world: World, request: Request) -> None:
    """A person whom the call concerns, else anyone, opts out of everything just before it."""
    portal, told = world.portal, json.dumps(request.body)
    emails = [
        email for email in portal.tables["contacts"].by_email if email not in portal.opted_out
    ]
    named = [
        email
        for email in emails
        if f'"{email}"' in told or f'"{portal.tables["contacts"].by_email[email]}"' in told
    ]
    able = named or emails
    if able:
        chance = fraction(portal.failures.seed, "who", portal.failures.count)
        email = able[int(chance * len(able))]
        world.act(
            "person",
            "hubspot/opt_out",
            {"record": str(portal.tables["contacts"].by_email[email])},
            lambda recorder: opt_out_of_all(Doing(portal, recorder, world.clock.tick()), email),
        )
