"""What every server of the sandbox does alike: reads a call whole, and keeps its own log quiet."""

from email.utils import formatdate
from http.server import BaseHTTPRequestHandler


class Quiet(BaseHTTPRequestHandler):
    """A handler that answers in one piece over kept connections and prints nothing: what happened
    stands in the ledger."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""

    def call(self) -> tuple[dict[str, str], bytes]:
        """The headers, their names in small letters, and the whole body."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return {name.lower(): value for name, value in self.headers.items()}, body

    def seconds(self) -> float | None:
        """What the server's clock shows; None for this machine's."""
        return None

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, by the server's own clock."""
        return formatdate(self.seconds() if timestamp is None else timestamp, usegmt=True)
