"""A server that gives the answers it was told to, such as no sandbox should, and counts connections."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connectors import find

KEY = "0123456789abcdef0123456789abcdef-us6"


@dataclass
class Scripted:
    """Gives the scripted answers in turn, then `{"merge_fields": [], "total_items": 0}`."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    slept: list[float] = field(default_factory=list)

    def destination(self, **more: Any) -> Any:
        settings = {"list": "abc", "key": KEY, "url": f"{self.url}/3.0", "sleep": self.slept.append}
        return find("mailchimp").destination("main", {**settings, **more})

    def answer(self, status: int, body: object = None, **headers: str) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        kind = "application/problem+json" if status >= 400 else "application/json"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(
            (status, {"Content-Type": kind, **named} if content else named, content)
        )


@contextmanager
def scripting() -> Iterator[Scripted]:
    """A new one, open for a while."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            script.connections += 1
            super().setup()

        def log_message(self, *_):
            pass

        def do(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.seen.append({"method": self.command, "path": self.path, "body": body,
                                "agent": self.headers["User-Agent"],
                                "key": self.headers.get("Authorization")})  # fmt: skip
            usual = (200, {"Content-Type": "application/json"},
                     b'{"merge_fields": [], "total_items": 0}')  # fmt: skip
            status, headers, content = script.answers.pop(0) if script.answers else usual
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = do  # noqa: N815 (http.server's names)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
