"""A receiver of signed webhooks (Standard Webhooks 1.0), as an SMS service or a till would have
one: it verifies by code of its own, takes each webhook-id once, and keeps what it was told.

    python -m connectors.sandbox.receiver --secret whsec_...

Its failures, by rate and seed or by script, are 401, 404, 410, 422, 429, 429_retry_after, 500,
lost_before, lost_after and slow, as `failures.py` describes them. In the ledger a call carries the
webhook's `id` and `type`, and whether it is `repeated`; effects are field_written, tag_added,
tag_removed and message_sent, each with the `contact`.
"""

import argparse
import base64
import hmac
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from connectors.sandbox.failures import Failures, parse
from connectors.sandbox.handling import Quiet
from connectors.sandbox.ledger import Entry, Ledger, effects

KINDS = ("401", "404", "410", "422", "429", "429_retry_after", "500", "lost_before", "lost_after",
         "slow")  # fmt: skip
WINDOW = 300
"""Seconds that a call may lie in the past or the future."""


@dataclass
class Receiver:
    """What it knows. `refuses` are contacts of whom a message is answered with 422; `forgetful`
    takes a repeated webhook-id as a new message, as careless receivers do."""

    secrets: Sequence[str]
    ledger: Ledger
    failures: Failures
    clock: Callable[[], float] = time.time
    refuses: set[str] = field(default_factory=set)
    forgetful: bool = False
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def genuine(self, headers: dict[str, str], body: bytes) -> bool:
        """Whether a call is signed with one of the secrets, and in time."""
        id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not id or not stamp.isdigit() or abs(self.clock() - int(stamp)) > WINDOW:
            return False
        signed = f"{id}.{stamp}.".encode() + body
        given = headers.get("webhook-signature", "").split(" ")
        right = [f"v1,{signature(secret, signed)}" for secret in self.secrets]
        return any(hmac.compare_digest(one, other) for one in given for other in right)

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, str | None]:
        """A call's status, and what goes wrong with it. All that it does is in the ledger."""
        with self.lock:
            failure = self.failures.for_call("POST", "/", KINDS)
            id = headers.get("webhook-id", "")
            message: dict[str, Any] = {}
            done: list[Entry] = []
            repeated = False
            if failure is not None and failure[:3].isdigit():
                status = int(failure[:3])
            elif not self.genuine(headers, body):
                status = 401
            elif failure == "lost_before":
                status = 0
            else:
                message = json.loads(body)
                repeated = id in self.known and not self.forgetful
                status = 200 if repeated else self.take(id, message, done)
            self.ledger.append(
                {"via": "http", "actor": "api", "method": "POST", "path": "/", "write": True,
                 "api": "receiver", "id": id, "type": message.get("type"), "body": message,
                 "repeated": repeated, "status": status, "failure": failure}, done,
            )  # fmt: skip
            return status, failure

    def take(self, id: str, message: dict[str, Any], done: list[Entry]) -> int:
        """Does what a message says, wholly or not at all."""
        data = message["data"]
        people = data.get("contacts", [data] if "contact" in data else [])
        if any(one["contact"] in self.refuses for one in people):
            return 422
        self.known.add(id)
        if message["type"] == "send.requested":
            self.messages.append({"id": id, **data})
            done.append(effect("message_sent", data["contact"], {"id": id, **data}))
        for one in people if message["type"] == "decisions.changed" else ():
            done += self.change(one)
        return 200

    def change(self, told: dict[str, Any]) -> Iterator[Entry]:
        """Keeps what is new of one contact; what is older than what it has it leaves."""
        held = self.contacts.setdefault(
            told["contact"], {"fields": {}, "segments": set(), "sequence": {}}
        )
        about = "fields" if "fields" in told else "segments"
        if told["sequence"] <= held["sequence"].get(about, 0):
            return
        held["sequence"][about] = told["sequence"]
        held |= {name: told[name] for name in ("aliases", "decisions") if name in told}
        for name, text in told.get("fields", {}).items():
            held["fields"][name] = text
            yield effect("field_written", told["contact"], {name: text})
        moved = told.get("segments", {})
        for name in moved.get("added", ()):
            held["segments"].add(name)
            yield effect("tag_added", told["contact"], name)
        for name in moved.get("removed", ()):
            held["segments"].discard(name)
            yield effect("tag_removed", told["contact"], name)


def signature(secret: str, signed: bytes) -> str:
    """Base64 of HMAC-SHA256 with the key behind whsec_."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def effect(kind: str, contact: str, after: Any) -> Entry:
    """An entry of the ledger."""
    return {"kind": kind, "actor": "api", "api": "receiver", "contact": contact, "after": after}


def sent(entries: Iterable[Entry]) -> list[Entry]:
    """What it sent on to people."""
    return effects(entries, ("message_sent",))


class Handler(Quiet):
    """Reads a call and answers it in one piece."""

    def __init__(self, receiver: Receiver, *arguments: Any) -> None:
        self.receiver = receiver
        super().__init__(*arguments)

    def do_POST(self) -> None:  # noqa: N802 (http.server)
        """One webhook."""
        headers, body = self.call()
        status, failure = self.receiver.answer(headers, body)
        if failure == "slow":
            time.sleep(self.receiver.failures.delay)
        if failure in ("lost_before", "lost_after"):
            self.close_connection = True
            return
        self.send_response(status)
        if failure == "429_retry_after":
            self.send_header("Retry-After", "2")
        self.send_header("Content-Length", "0")
        self.end_headers()


@dataclass(frozen=True)
class Running:
    """A receiver that listens at `url`."""

    url: str
    receiver: Receiver

    @property
    def entries(self) -> list[Entry]:
        """All ledger entries so far."""
        with self.receiver.lock:
            return list(self.receiver.ledger.entries)

    def fail(self, **settings: Any) -> None:
        """What goes wrong from now on: seed, rates, script, delay."""
        self.receiver.failures = parse(settings, KINDS)


@contextmanager
def receiving(
    *secrets: str, clock: Callable[[], float] = time.time, port: int = 0,
    ledger: Path | None = None, **fail: Any,
) -> Iterator[Running]:  # fmt: skip
    """A receiver on a free port of this machine, in a thread of this process."""
    receiver = Receiver(secrets, Ledger(ledger), parse(fail, KINDS), clock)
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, receiver))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{server.server_address[1]}/hook", receiver)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        receiver.ledger.close()


def main(given: Sequence[str] | None = None) -> None:
    """Prints one line with the address, then listens until it is stopped."""
    parser = argparse.ArgumentParser(prog="connectors.sandbox.receiver", description=__doc__)
    parser.add_argument("--secret", action="append", required=True, help="whsec_ and base64")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ledger", type=Path, help="append the ledger to this file")
    options = parser.parse_args(given)
    with receiving(*options.secret, port=options.port, ledger=options.ledger) as running:
        sys.stdout.write(f"listening on {running.url}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
