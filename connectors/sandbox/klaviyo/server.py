"""Klaviyo's API over HTTP/1.1, and inside a test as a context manager."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.sandbox.failures import parse
from connectors.sandbox.handling import Quiet
from connectors.sandbox.klaviyo import rules
from connectors.sandbox.klaviyo.answers import ROUTES
from connectors.sandbox.klaviyo.state import SECOND, Account, Profile, Row
from connectors.sandbox.klaviyo.wire import MEDIA, Call, Problem, Reply, refused, too_many
from connectors.sandbox.ledger import Entry, Ledger, Recorder, calls, effects

KINDS = ("429", "429_retry_after", "500", "502", "lost_before", "lost_after", "silent", "slow",
         "partial_silent")  # fmt: skip
"""`partial_silent`: the first event of a call for many is lost after it was accepted."""
OF_CALL = tuple(kind for kind in KINDS if kind != "partial_silent")
PROPER = ("email", "consent", "suppressed", "sms", "location", "properties")


class Handler(Quiet):
    """Reads a call and answers it in one piece."""

    def __init__(self, account: Account, *arguments: Any) -> None:
        self.account = account
        super().__init__(*arguments)

    def seconds(self) -> float:
        """The sandbox's own time."""
        return self.account.clock.now / SECOND

    def _handle(self) -> None:
        headers, body = self.call()
        parts = urlsplit(self.path)
        call = Call(self.command, unquote(parts.path), dict(parse_qsl(parts.query)), headers,
                    body, headers.get("host", ""))  # fmt: skip
        reply = answer(self.account, call)
        time.sleep(reply.delay)
        if reply.lost:
            self.close_connection = True
            return
        raw = reply.raw
        if raw is None:
            raw = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in ({"Content-Type": MEDIA} if raw else {}).items() | reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _handle  # noqa: N815 (http.server)


def answer(account: Account, call: Call) -> Reply:
    """One call, as it goes or goes wrong, written down under the account's lock."""
    with account.lock:
        failure = account.failures.for_call(call.method, call.path, OF_CALL)
        recorder = account.recorder()
        reply = broken(failure) or carried_out(account, recorder, call)
        if failure == "silent":
            recorder.roll_back()
        reply.lost = failure in ("lost_before", "lost_after")
        reply.delay = account.failures.delay if failure == "slow" else 0.0
        entry: Entry = {
            "via": "http", "actor": "api", "api": "klaviyo", "method": call.method,
            "path": call.path, "query": dict(call.query), "body": rules.parsed(call.body),
            "write": call.method != "GET", "status": reply.status, "answered": not reply.lost,
            "failure": failure,
        }  # fmt: skip
        account.ledger.append(entry, recorder.effects)
        return reply


def broken(failure: str | None) -> Reply | None:
    """The answer of a call that does nothing."""
    throttled = Problem(429, "throttled", "Request was throttled.")
    if failure == "429_retry_after":
        return refused(throttled, {"Retry-After": "2"})
    if failure == "429":
        return Reply(429)
    if failure == "502":
        return Reply(502, raw=b"<html>Bad gateway</html>", headers={"Content-Type": "text/html"})
    return Reply(500) if failure in ("500", "lost_before") else None


def carried_out(account: Account, recorder: Recorder, call: Call) -> Reply:
    """What a call does; what a refused one had begun is undone."""
    try:
        return reply_to(account, recorder, call)
    except Problem as problem:
        recorder.roll_back()
        return refused(problem)
    except (KeyError, TypeError, ValueError):
        recorder.roll_back()
        return refused(Problem(400, "invalid", "Invalid input.", "a part is missing or wrong"))


def reply_to(account: Account, recorder: Recorder, call: Call) -> Reply:
    """Key, revision, endpoint, scope, limits, then what the endpoint does. Raises Problem."""
    scheme, _, key = call.headers.get("authorization", "").partition(" ")
    if scheme != "Klaviyo-API-Key" or (account.keys and key not in account.keys):
        raise Problem(401, "not_authenticated", "Authentication credentials were not provided.")
    rules.revision(call)
    for one in ROUTES:
        match = one.path.fullmatch(call.path)
        if one.method == call.method and match:
            lacks = set() if account.scopes is None else set(one.scopes) - account.scopes
            if lacks:
                raise Problem(403, "permission_denied", "Not allowed.", f"needs {sorted(lacks)}")
            endpoint = f"{one.method} {one.path.pattern}"
            busy = too_many(account, endpoint, one.size)
            if busy:
                return busy
            read = Call(call.method, call.path, call.query, call.headers, rules.parsed(call.body),
                        call.host)  # fmt: skip
            rules.query(one.template, read)
            rules.body(one.template, read, call.body)
            return one.answer(account, recorder, read, match.groupdict())
    raise Problem(404, "not_found", "Not found.")


@dataclass(frozen=True)
class Running:
    """An account that serves at `url`."""

    url: str
    account: Account

    @property
    def entries(self) -> list[Entry]:
        """All ledger entries so far."""
        with self.account.lock:
            return list(self.account.ledger.entries)

    def calls(self, method: str = "", path: str = "") -> list[Entry]:
        """The calls so far of that method whose path has that text."""
        return [one for one in calls(self.entries)
                if path in one["path"] and method in ("", one["method"])]  # fmt: skip

    def effects(self, *kinds: str) -> list[Entry]:
        """What our calls have done so far."""
        return effects(self.entries, kinds or None)

    def add(self, *people: Row) -> list[str]:
        """Imports people as the shop would; their ids. Keys are Profile's own; others are the
        profile's attributes."""
        ids = []
        with self.account.lock:
            for row in people:
                id = self.account.new_id("P")
                known = {name: value for name, value in row.items() if name in PROPER}
                own = {name: value for name, value in row.items() if name not in PROPER}
                self.account.profiles[id] = Profile(id=id, updated=self.account.clock.tick(),
                                                    own=own, **{"email": None, **known})  # fmt: skip
                ids.append(id)
        return ids

    def change(self, id: str, **new: Any) -> None:
        """Something that the person, or the shop, does."""
        with self.account.lock:
            profile = self.account.profiles[id]
            for name, value in new.items():
                setattr(profile, name, value)
            profile.updated = self.account.clock.tick()

    def erase(self, id: str) -> None:
        """A profile is deleted, from lists too."""
        with self.account.lock:
            del self.account.profiles[id]
            for members in self.account.members.values():
                members.pop(id, None)

    def advance(self, seconds: float) -> None:
        """Moves the clock; what waits can wait so."""
        with self.account.lock:
            self.account.clock.set(self.account.clock.now + int(seconds * SECOND))

    def fail(self, **settings: Any) -> None:
        """What goes wrong from now on: seed, rates, script, delay, as `failures.parse` takes."""
        self.account.failures = parse(settings, KINDS)


@contextmanager
def running(keys: frozenset[str] = frozenset(), **settings: Any) -> Iterator[Running]:
    """An account on a free port of this machine, in a thread of this process."""
    account = Account(keys=keys, ledger=Ledger(), **settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, account))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{server.server_address[1]}", account)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
