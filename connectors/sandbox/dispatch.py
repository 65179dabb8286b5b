"""The way of a call to the Mailchimp API: connections, key, failure, handler, ledger, reply."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.sandbox.failures import fraction
from connectors.sandbox.jobs import step
from connectors.sandbox.ledger import Entry
from connectors.sandbox.mailchimp import batches, routes
from connectors.sandbox.mailchimp.batch_results import fetched
from connectors.sandbox.mailchimp.effects import set_status
from connectors.sandbox.mailchimp.state import Audience, Member
from connectors.sandbox.mailchimp.wire import Answer, Problem, Request, refusal
from connectors.sandbox.world import World, parsed

PREFIX = "/3.0"
RESULTS = "/_batch-results/"
MOST_CONNECTIONS = 10
BODILESS = {"429": 429, "500": 500, "403": 403, "429_retry_after": 429}
RETRY_AFTER = {"429_retry_after": {"Retry-After": "7"}}


@dataclass(frozen=True)
class Reply:
    """What goes back over the wire: nothing at all where `lost`, `delay` seconds late."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    lost: bool = False
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Incoming:
    """What came over the wire; `connections` counts the calls then under way, this one too."""

    method: str
    target: str
    authorization: str
    host: str
    body: bytes
    connections: int = 1


def serve(world: World, incoming: Incoming) -> Reply:
    """Answers one call. All that it changes and records happens under the world's lock."""
    with world.lock:
        parts = urlsplit(incoming.target)
        recorder = world.recorder()
        request = Request(
            incoming.method,
            unquote(parts.path).removeprefix(PREFIX),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            None,
            recorder,
            f"http://{incoming.host}",
        )
        failure, answer = None, _gate(world, incoming)
        if answer is None:
            failure = world.failures.for_call(request.method, request.path)
            answer = _perform(world, incoming, request, failure)
        reply = _reply(world, answer, failure)
        call = {
            "via": "http",
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "body": request.body,
            "write": request.method not in ("GET", "HEAD"),
            "status": answer.status,
            "answered": not reply.lost,
            "failure": failure,
            "connections": incoming.connections,
        }
        world.write(call, recorder)
        return reply


def download(world: World, path: str) -> Reply:
    """The archive of a job's results. Its address needs no key; a wrong or old one is refused in
    XML. It can fail like a call, and has a ledger entry of its own (via=download)."""
    with world.lock:
        recorder = world.recorder()
        failure = world.failures.for_call("GET", path)
        archive = fetched(world.account.batches, path.removeprefix(RESULTS), world.clock.now)
        if failure in BODILESS:
            reply = Reply(BODILESS[failure], headers=RETRY_AFTER.get(failure, {}))
        elif failure in ("lost_before", "lost_after"):
            reply = Reply(0, lost=True)
        elif archive is None:
            reply = Reply(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
        else:
            delay = world.failures.delay if failure == "slow" else 0.0
            reply = Reply(200, archive, "application/x-gzip", delay=delay)
        call: Entry = {
            "via": "download",
            "method": "GET",
            "path": path,
            "query": {},
            "body": None,
            "write": False,
            "status": reply.status,
            "answered": not reply.lost,
            "failure": failure,
            "connections": 0,
        }
        world.write(call, recorder)
        return reply


def _gate(world: World, incoming: Incoming) -> Answer | None:
    if incoming.connections > MOST_CONNECTIONS:
        detail = f"You have exceeded the limit of {MOST_CONNECTIONS} simultaneous connections."
        return refusal(Problem(429, "Too Many Requests", detail))
    if not _accepted(world.keys, incoming.authorization):
        detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter."
        return refusal(Problem(401, "API Key Invalid", detail))
    return None


def _accepted(keys: frozenset[str], authorization: str) -> bool:
    scheme, _, value = authorization.partition(" ")
    key = ""
    if scheme.lower() == "bearer":
        key = value.strip()
    elif scheme.lower() == "basic":
        try:
            key = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    return bool(key) and (not keys or key in keys)


def _perform(world: World, incoming: Incoming, request: Request, failure: str | None) -> Answer:
    step(world)
    if failure in BODILESS:
        return Answer(BODILESS[failure])
    if failure == "lost_before":
        return Answer(0)
    try:
        request.body = parsed(incoming.body)
    except ValueError:
        detail = "We encountered an unspecified JSON parsing error."
        return refusal(Problem(400, "JSON Parse Error", detail))
    if failure == "unsubscribe":
        _someone_leaves(world, request)
    answer = routes.answer(world.account, request, _routes(world))
    if failure == "silent":
        request.recorder.roll_back()
    return answer


def _routes(world: World) -> routes.Routes:
    submit = partial(batches.submit, seed=world.failures.seed, polls=world.failures.polls)
    return routes.ROUTES + routes.compiled(
        {
            "/batches": {"GET": batches.list_batches, "POST": submit},
            "/batches/{batch}": {"GET": batches.get_batch, "DELETE": batches.delete_batch},
        }
    )


def _reply(world: World, answer: Answer, failure: str | None) -> Reply:
    if failure in ("lost_before", "lost_after"):
        return Reply(answer.status, lost=True)
    delay = world.failures.delay if failure == "slow" else 0.0
    if answer.body is None:
        return Reply(answer.status, delay=delay, headers=RETRY_AFTER.get(failure or "", {}))
    kind = "application/problem+json" if answer.status >= 400 else "application/json"
    body = json.dumps(answer.body, separators=(",", ":")).encode()
    return Reply(answer.status, body, f"{kind}; charset=utf-8", delay=delay)


def _someone_leaves(world: World, request: Request) -> None:
    """A person whom the call concerns, else any subscriber, unsubscribes just before it."""
    who = _concerned(world, request)
    if who is not None:
        audience, member = who
        world.act(
            "person",
            "unsubscribe",
            {"list": audience.id, "member": member.id},
            lambda recorder: set_status(audience, recorder, member, "unsubscribed"),
        )


def _concerned(world: World, request: Request) -> tuple[Audience, Member] | None:
    named = [found for path in _paths(request) if (found := _named(world, path))]
    everyone = [
        (audience, member)
        for audience in (() if named else world.account.audiences.values())
        for member in audience.members.values()
    ]
    able = [pair for pair in named or everyone if pair[1].status == "subscribed"]
    if not able:
        return None
    chance = fraction(world.failures.seed, "who", world.failures.count)
    return able[int(chance * len(able))]


def _paths(request: Request) -> list[str]:
    """The members whom a call names, as paths: its own, its operations', its addresses'."""
    body = request.body if isinstance(request.body, dict) else {}
    emails = [*body.get("members_to_add", ()), *body.get("members_to_remove", ())]
    emails += [str(row.get("email_address")) for row in body.get("members", ())]
    above = "/".join(request.path.split("/")[:3])
    inside = [str(row.get("path", "")) for row in body.get("operations", ())]
    return [request.path, *inside, *(f"{above}/members/{email}" for email in emails)]


def _named(world: World, path: str) -> tuple[Audience, Member] | None:
    steps = path.strip("/").split("/")
    if len(steps) < 4 or steps[0] != "lists" or steps[2] != "members":
        return None
    audience = world.account.audiences.get(steps[1])
    member = audience.find(steps[3]) if audience else None
    return (audience, member) if audience and member else None
