"""The sandbox over HTTP/1.1, and inside a test as a context manager."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.sandbox import ledger
from connectors.sandbox.control import control
from connectors.sandbox.dispatch import PREFIX, RESULTS, Incoming, Reply, download, serve
from connectors.sandbox.failures import parse
from connectors.sandbox.hubspot.dispatch import serve as serve_hubspot
from connectors.sandbox.hubspot.routes import PREFIXES
from connectors.sandbox.mailchimp.mail_dispatch import PREFIX as MAIL
from connectors.sandbox.mailchimp.mail_dispatch import serve as serve_mail
from connectors.sandbox.world import World, parsed, world

CONTROL = "/_sandbox/"


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 128


class Handler(BaseHTTPRequestHandler):
    """Reads a call, hands it on, writes the reply in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def __init__(self, sandbox: World, *arguments: Any) -> None:
        self.sandbox = sandbox
        super().__init__(*arguments)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing: the ledger has it all."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = urlsplit(self.path).path
        if path.startswith(CONTROL):
            reply = _controlled(self.sandbox, self.command, self.path, body)
        elif path.startswith(RESULTS):
            reply = download(self.sandbox, path)
            time.sleep(reply.delay)
        elif path.startswith(PREFIX + "/"):
            reply = self._api(body, serve)
        elif path.startswith(MAIL):
            reply = self._api(body, serve_mail)
        elif path.startswith(PREFIXES):
            reply = self._api(body, serve_hubspot)
        else:
            reply = Reply(404)
        self._send(reply)

    def _api(self, body: bytes, answering: Callable[[World, Incoming], Reply]) -> Reply:
        sandbox = self.sandbox
        incoming = Incoming(
            self.command,
            self.path,
            self.headers.get("Authorization", ""),
            self.headers.get("Host", ""),
            body,
        )
        with sandbox.gate:
            sandbox.in_flight += 1
            incoming = replace(incoming, connections=sandbox.in_flight)
        try:
            reply = answering(sandbox, incoming)
            time.sleep(reply.delay)
            return reply
        finally:
            with sandbox.gate:
                sandbox.in_flight -= 1

    def _send(self, reply: Reply) -> None:
        if reply.lost:
            self.close_connection = True
            return
        self.send_response(reply.status)
        if reply.content_type:
            self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle  # noqa: N815 (http.server)


def _controlled(sandbox: World, method: str, target: str, body: bytes) -> Reply:
    parts = urlsplit(target)
    name = parts.path.removeprefix(CONTROL)
    try:
        answer = control(sandbox, method, name, dict(parse_qsl(parts.query)), parsed(body) or {})
        status = 200
    except LookupError as error:
        answer, status = {"error": str(error)}, 404
    except (ValueError, TypeError) as error:
        answer, status = {"error": str(error)}, 400
    return Reply(status, json.dumps(answer).encode(), "application/json")


@dataclass(frozen=True)
class Running:
    """A sandbox that serves. `url` has no path; Mailchimp's API is below `url` + "/3.0", HubSpot's
    at `url` itself."""

    url: str
    world: World

    @property
    def entries(self) -> list[ledger.Entry]:
        """All ledger entries so far."""
        with self.world.lock:
            return list(self.world.ledger.entries)

    def control(self, name: str, /, **body: Any) -> Any:
        """The same as POST /_sandbox/NAME, without HTTP."""
        return control(self.world, "POST", name, {}, body)

    def state(self) -> Any:
        """The same as GET /_sandbox/state."""
        return control(self.world, "GET", "state", {}, {})


def listening(sandbox: World, port: int = 0) -> Server:
    """A server on 127.0.0.1 that does not serve yet; port 0 takes a free one."""
    return Server(("127.0.0.1", port), partial(Handler, sandbox))


@contextmanager
def running(
    seed: int = 0, ledger_file: Path | None = None, keys: frozenset[str] = frozenset(), **fail: Any
) -> Iterator[Running]:
    """A sandbox on a free port of this machine, in a thread of this process. `fail` takes what
    POST /_sandbox/failures takes: rates, script, delay, polls. HubSpot's failures and limits are
    set by `control("hubspot/failures", ...)` and `control("hubspot/settings", ...)`."""
    sandbox = world(ledger_file, keys=keys, failures=parse({"seed": seed, **fail}))
    sandbox.portal.failures.seed = seed
    server = listening(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{server.server_address[1]}", sandbox)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        sandbox.ledger.close()
