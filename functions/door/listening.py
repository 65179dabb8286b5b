"""The door over HTTP/1.1, by the standard library alone: a thread a call, one call a connection.

It speaks no TLS. Put a server that does in front, and let it alone be reached from outside.
Sizes are held before a byte of the body is read, and no call may take its time.
"""

import socket
import time
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from functions.door.answers import TOO_LARGE, Answer, said
from functions.door.routing import Door, answer
from functions.door.telling import Line
from personalization.connector import Request

SECONDS = 20
"""Between two pieces of what a caller sends, and for the whole body."""
DRAINED = 1 << 20
"""How much of a refused body is read away, so that the answer is seen."""


class Server(ThreadingHTTPServer):
    """Closing it waits for the calls at hand."""

    daemon_threads = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who went away is no news."""


@dataclass(frozen=True)
class Place:
    """What a handler needs: the door, and the address by which the outside calls it, if a server
    stands before."""

    door: Door
    address: str | None = None


def listening(place: Place, host: str = "127.0.0.1", port: int = 0) -> Server:
    """A server that does not serve yet; port 0 takes a free one. Raises OSError."""
    return Server((host, port), partial(Handler, place))


class Handler(BaseHTTPRequestHandler):
    """Reads a call, has it answered, writes the answer."""

    protocol_version = "HTTP/1.1"
    timeout = SECONDS
    wbufsize = -1
    server_version, sys_version = "ofone", ""

    def __init__(self, place: Place, *arguments: Any) -> None:
        self.place = place
        super().__init__(*arguments)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing: paths hold addresses and secrets. The door says what it does itself."""

    def handle_expect_100(self) -> bool:
        """Invites a body only where its size will do."""
        return True if self.refused() else super().handle_expect_100()

    def refused(self) -> Answer | None:
        """Why a body is not read."""
        if self.headers.get("Transfer-Encoding"):
            return said(411, "say how long it is: Content-Length")
        length = self.headers.get("Content-Length") or "0"
        if not (length.isascii() and length.isdigit()) or len(length) > 18:
            return said(400, "Content-Length is no number")
        if self.command == "POST" and "Content-Length" not in self.headers:
            return said(411, "say how long it is: Content-Length")
        return TOO_LARGE if int(length) > self.place.door.ear.most_bytes else None

    def handle_call(self) -> None:
        """One call."""
        self.close_connection = True
        shop = self.place.door.counter.shop
        reply = self.refused()
        if reply is not None:
            self.place.door.ear.say(Line(at=shop.clock(), what="call",
                                         outcome=f"refused: {reply.status}"))  # fmt: skip
            self.write(reply)
            self.drain()
            return
        body = self.read(int(self.headers.get("Content-Length") or "0"))
        if body is None:
            return
        request = Request(method=self.command, url=self.url(), headers=self.given(), body=body,
                          received_at=shop.clock())  # fmt: skip
        self.write(self.answered(request))

    def read(self, length: int) -> bytes | None:
        """The body; None of a caller who ends early or takes too long."""
        pieces: list[bytes] = []
        end = time.monotonic() + SECONDS
        while length > 0 and time.monotonic() < end:
            piece = self.rfile.read1(min(length, 65_536))
            if not piece:
                break
            pieces.append(piece)
            length -= len(piece)
        return None if length else b"".join(pieces)

    def answered(self, request: Request) -> Answer:
        """The door's answer; after a mistake of ours, one that says nothing of it."""
        try:
            return answer(self.place.door, self.path, request)
        except Exception as error:  # noqa: BLE001  one call's failure is not another's
            self.place.door.ear.say(Line(at=request.received_at, what="call",
                                         outcome=f"failed: {type(error).__name__}"))  # fmt: skip
            return said(500, "something went wrong here")

    def url(self) -> str:
        """The whole address that was called, as the caller wrote it."""
        base = self.place.address or f"http://{self.headers.get('Host', '')}"
        return base.rstrip("/") + self.path

    def given(self) -> dict[str, str]:
        """The headers; those that come twice, as one with a comma, as HTTP means them."""
        found: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            found[key] = f"{found[key]}, {value}" if key in found else value
        return found

    def write(self, reply: Answer) -> None:
        """Sends an answer in one piece."""
        self.send_response_only(reply.status, HTTPStatus(reply.status).phrase)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and reply.status != 304:
            self.wfile.write(reply.body)
        self.wfile.flush()

    def drain(self) -> None:
        """Reads a refused body away, as far as it is short."""
        self.connection.shutdown(socket.SHUT_WR)
        left = DRAINED
        while left > 0 and (chunk := self.connection.recv(min(left, 65_536))):
            left -= len(chunk)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_call  # noqa: N815 (http.server)
    do_OPTIONS = handle_call  # noqa: N815 (http.server)
