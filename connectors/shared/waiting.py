"""How a call to a host that is out of reach is waited for: who is told meanwhile, and for how long.

Nobody waits in silence: whoever attends a piece of work is told at once that a host cannot be
reached, and gives up after a few tries. Work that nobody attends (a tick, a Lambda) tries for as
long as the account's `patience` says.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

CONNECT, ATTENDED_CONNECT = 10.0, 5.0
"""Seconds until a host that says nothing to a connection counts as out of reach."""
TRIES = 4
"""How often an attended call goes to a host that is out of reach; 0.5, 1 and 2 s lie between."""


HERE = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Attended:
    """Somebody waits for the work. `say` tells them; `tries` is None where patience alone ends it."""

    say: Callable[[str], None]
    tries: int | None = TRIES


BY: ContextVar[Attended | None] = ContextVar("attended", default=None)


@contextmanager
def attended(say: Callable[[str], None], tries: int | None = TRIES) -> Iterator[None]:
    """Calls made within, in this thread, are attended."""
    before = BY.set(Attended(say, tries))
    try:
        yield
    finally:
        BY.reset(before)


def limits(timeout: float) -> tuple[float, float]:
    """Seconds for the connection and for the answer."""
    return min(timeout, ATTENDED_CONNECT if BY.get() else CONNECT), timeout


def spent(error: requests.RequestException, timeout: float) -> float:
    """Seconds that a failed connection took by itself, which patience counts too."""
    return limits(timeout)[0] if type(inner(error)) is ConnectTimeoutError else 0.0


def last(tries: int) -> bool:
    """Whether an attended call has been tried often enough."""
    by = BY.get()
    return by is not None and by.tries is not None and tries >= by.tries


def tell(url: str, unreached: bool, why: str, wait: float, tries: int) -> None:
    """Says that a call failed and is tried again in `wait` seconds."""
    by = BY.get()
    if by is None:
        return
    of = f" of {by.tries}" if unreached and by.tries else ""
    said = f"cannot reach {host_of(url)} yet" if unreached else f"{host_of(url)}: {why}"
    pause = f" in {wait:.0f} s" if wait >= 2 else ""
    by.say(f"{said}, trying again{pause} ({tries + 1}{of}) ...")


def never_sent(error: requests.RequestException) -> bool:
    """Whether a call failed before any of it left this machine."""
    return isinstance(inner(error), NewConnectionError | ConnectTimeoutError)


def inner(error: requests.RequestException) -> Any:
    """What lies behind an error of the HTTP client."""
    found = error.args[0] if error.args else None
    return getattr(found, "reason", None)


def host_of(url: str) -> str:
    """Host and port of an address, and nothing else of it: the rest may hold a key."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def cause(error: requests.RequestException) -> str:
    """Why there was no answer. The client's own words may repeat an address with a key in it."""
    reason = inner(error)
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not one that this machine trusts"
    if isinstance(reason, NameResolutionError):
        return "its name is not known here"
    if isinstance(reason, NewConnectionError):
        return "the connection was refused, or there is no way there"
    if isinstance(reason, ConnectTimeoutError):
        return "nothing there took the connection"
    if isinstance(error, requests.Timeout):
        return "it took too long"
    return type(error).__name__


def silent(url: str, error: requests.RequestException) -> str:
    """From where there was no answer, and why."""
    return f"no answer from {host_of(url)} ({cause(error)})"


def remedy(url: str, error: requests.RequestException) -> str:
    """What to look at where there was no answer."""
    if not never_sent(error):
        return ". Is it up?"
    if urlsplit(url).hostname in HERE:
        return (". Nothing serves there on this machine: if it is to be the sandbox, "
                "`ofone sandbox FOLDER` starts it")  # fmt: skip
    return ". Is this machine online, and is the address in the account's settings right?"
