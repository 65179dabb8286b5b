"""What the sandbox sends by itself, to servers on this machine only."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SECONDS = 30


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """POSTs; the answer's status and body, or 0 where none came. Raises ValueError for an address
    that is not of this machine."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        raise ValueError("the sandbox calls only http addresses of this machine")
    connection = HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)
    try:
        target = parts.path or "/"
        connection.request(
            "POST", target + (f"?{parts.query}" if parts.query else ""), body, headers
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()
