"""HTTP for connectors: one kept session, one way to try again, and errors by what to do next.

Vendor clients open a connection a call, take a bodiless 429 for an answer, and never try again;
each of them is made to call `Wire.send` instead of its own transport.
"""

import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from connectors.shared.redaction import clean
from connectors.shared.texts import read
from connectors.shared.waiting import last, limits, never_sent, remedy, silent, spent, tell
from personalization.errors import Retry, Stop, TokenRefused

Sleep = Callable[[float], None]
LONGEST_WAIT = 60.0
MOST_CONNECTIONS = 10


class Rejected(Stop):
    """The other side understood the call and refused it; trying again changes nothing. `said` is
    the status and the reason; of an account (`place`) the message says also where to look, since
    whoever expects no refusal passes it on to a person."""

    def __init__(self, status: int, reason: str, place: str = "") -> None:
        self.said = f"{status} {reason}"
        super().__init__(
            f"{place}: a call was refused (HTTP {self.said}). Does what the settings of this account "
            "name exist there? `ofone doctor` looks at each."
            if place
            else self.said
        )
        self.status = status
        self.reason = reason


class Lost(Exception):
    """A call that must not happen twice got no answer, or one that says nothing: it may have been
    carried out or not."""


class Wire:
    """`timeout` in seconds a call; `patience` the seconds that all waiting of one call may take
    together. `once` is set for a call that must not happen twice: it raises Lost rather than
    being tried again when nobody knows what became of it."""

    def __init__(
        self, place: str, timeout: float = 120, patience: float = 120, sleep: Sleep = time.sleep
    ) -> None:
        self.place = place
        self.timeout = timeout
        self.patience = patience
        self.sleep = sleep
        self.once = False
        self.session = requests.Session()
        adapter = HTTPAdapter(1, MOST_CONNECTIONS, max_retries=0, pool_block=True)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def send(self, method: str, url: str, **options: Any) -> requests.Response:
        """The answer to one call, always a 2xx. Raises Rejected, Lost, Retry (`after` what the
        other side asked for) once patience is at its end, Stop for a refused key."""
        waited, delay, tries = 0.0, 0.5, 0
        asked: float | None
        while True:
            asked, unreached, todo, tries = None, False, "", tries + 1
            try:
                answer = self.session.request(
                    method, url, timeout=limits(self.timeout), allow_redirects=False, **options
                )
            except requests.RequestException as error:
                why, unreached, todo = silent(url, error), never_sent(error), remedy(url, error)
                waited += spent(error, self.timeout)
                done = not unreached
            else:
                if answer.ok and not answer.is_redirect:
                    return answer
                self.refuse_for_good(answer)
                why, asked = f"HTTP {answer.status_code}", asked_wait(answer)
                done = answer.status_code not in {403, 429}
            if done and self.once:
                raise Lost(f"{self.place}: {why}")
            wait = asked if asked is not None else min(delay, LONGEST_WAIT)
            if waited + wait > self.patience or (unreached and last(tries)):
                raise Retry(
                    f"{self.place}: {why}, also after {waited:.0f} s of trying{todo}", asked
                )
            tell(url, unreached, why, wait, tries)
            self.sleep(wait)
            waited, delay = waited + wait, delay * 2

    def refuse_for_good(self, answer: requests.Response) -> None:
        """Raises Stop or Rejected where trying again is of no use. A 403 without a JSON body is
        how the other side says that calls come too fast."""
        status, body = answer.status_code, json_of(answer)
        if status == 401 or (status == 403 and body):
            raise TokenRefused(
                f"{self.place}: the key was refused (HTTP {status}, {reason_of(body)}). Give this "
                "account a valid key, with the permissions that its page in docs/ names."
            )
        if status not in {403, 408, 429} and status < 500:
            raise Rejected(status, reason_of(body), self.place)

    def close(self) -> None:
        """Closes the kept connections."""
        self.session.close()


def asked_wait(answer: requests.Response) -> float | None:
    """The seconds that Retry-After asks for: a number, or a date held against the answer's own
    date, so that no clock of ours is in it."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        said = parsedate_to_datetime(answer.headers.get("Date", ""))
        return max(0.0, (until - said).total_seconds())
    except (TypeError, ValueError):
        return None


def json_of(answer: requests.Response) -> Any:
    """The JSON body whatever its content type says; None where there is none."""
    try:
        return read(answer.content) if answer.content else None
    except (ValueError, RecursionError):
        return None


def object_of(answer: requests.Response, place: str) -> dict[str, Any]:
    """The JSON object in an answer; {} for one without a body. Raises Retry for anything else:
    some proxy has answered, or half an answer came."""
    if not answer.content:
        return {}
    body = json_of(answer)
    if not isinstance(body, dict):
        raise Retry(f"{place}: an answer was not JSON; is the url the API?")
    return body


def reason_of(body: object) -> str:
    """What a problem+json body says, without persons: its title, or detail, and the fields."""
    if not isinstance(body, dict):
        return "no reason given"
    said = str(body.get("detail") or body.get("title") or "no reason given")
    errors = body.get("errors")
    fields = [
        f"{error['field']}: {error.get('message', '')}" if error.get("field") else ""
        for error in (errors if isinstance(errors, Sequence) else ())
        if isinstance(error, dict)
    ]
    named = "; ".join(field for field in fields if field)
    title = str(body.get("title") or "")
    return clean(f"{title}: {named}" if named else said)
