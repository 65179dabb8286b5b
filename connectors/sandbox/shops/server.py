"""The shops over HTTP/1.1, and inside a test as a context manager. Read only."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.sandbox.failures import parse
from connectors.sandbox.handling import Quiet
from connectors.sandbox.shops import shopify, square, stripe, woocommerce
from connectors.sandbox.shops.world import (
    READ_KINDS,
    SECOND,
    Call,
    Reply,
    Row,
    Shops,
    refusal,
)

SYSTEMS = {"/admin/": shopify, "/wp-json/": woocommerce, "/v1/": stripe, "/v2/": square}


class Handler(Quiet):
    """Reads a call, lets its system answer, writes the answer in one piece."""

    def __init__(self, shops: Shops, *arguments: Any) -> None:
        self.shops = shops
        super().__init__(*arguments)

    def seconds(self) -> float:
        """The sandbox's own time."""
        return self.shops.clock.now / SECOND

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        headers, body = self.call()
        reply = answer(self.shops, Call(self.command, parts.path, parse_qsl(parts.query), headers,
                                        body))  # fmt: skip
        time.sleep(reply.delay)
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        if reply.lost:
            self.close_connection = True
            return
        raw = json.dumps(reply.body).encode() if reply.raw is None else reply.raw
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = _handle  # noqa: N815 (http.server)


def answer(shops: Shops, call: Call) -> Reply:
    """One call of any system, as it goes or goes wrong; written down."""
    with shops.lock:
        system = next((one for begin, one in SYSTEMS.items() if call.path.startswith(begin)), None)
        if system is None:
            return Reply(404, {})
        if shops.meanwhile:
            shops.meanwhile(call)
        failure = shops.failures.for_call(call.method, call.path, READ_KINDS)
        reply = refusal(failure, system.TOO_MANY) if failure else None
        reply = reply or system.answer(shops, call)
        if failure == "cut":
            reply.raw = json.dumps(reply.body).encode()[:-2]
        reply.delay = shops.failures.delay if failure == "slow" else 0.0
        shops.calls.append({"method": call.method, "path": call.path, "query": call.query,
                            "body": call.body, "failure": failure, "status": reply.status})  # fmt: skip
        return reply


@dataclass(frozen=True)
class Running:
    """Shops that serve."""

    url: str
    shops: Shops

    def put(self, system: str, kind: str, *rows: Row) -> None:
        """Rows as they are now."""
        for row in rows:
            self.shops.put(system, kind, row)

    def advance(self, seconds: float) -> None:
        """Moves the clock; what waits can wait so."""
        self.shops.clock.set(self.shops.clock.now + int(seconds * SECOND))

    def fail(self, **settings: Any) -> None:
        """What goes wrong from now on: seed, rates, script, delay, as `failures.parse` takes."""
        self.shops.failures = parse(settings, READ_KINDS)

    def calls(self, path: str = "") -> list[dict[str, Any]]:
        """The calls so far whose path has that text."""
        return [one for one in self.shops.calls if path in one["path"]]


@contextmanager
def running(keys: frozenset[str] = frozenset()) -> Iterator[Running]:
    """Shops on a free port of this machine, in a thread of this process."""
    shops = Shops(keys=keys)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, shops))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{server.server_address[1]}", shops)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
