"""Addresses in settings: http or https, a host, and a port that there is."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def whole(url: str) -> str:
    """The address as it is. Raises ValueError for one that nobody could call."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address of a host")
    _ = parts.port  # raises where it is no number, or too large
    return url


Url = Annotated[str, AfterValidator(whole)]
