"""Reading calls to a shop system: JSON in, JSON out, amounts exact, errors by what to do next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from connectors.shared.http import Rejected, Wire
from connectors.shared.moments import date_of
from connectors.shared.texts import read
from connectors.shared.webhook import Json, not_json
from personalization.errors import Retry, Stop, TokenRefused
from personalization.models import Micros


class Answer(NamedTuple):
    """A call's JSON body, its headers (names in lower case), and the server's own time."""

    body: Any
    headers: Mapping[str, str]
    at: Micros | None


@dataclass
class Api:
    """One account of one system. `headers` gives what every call carries, `needs` says in an
    error what the key must be allowed."""

    wire: Wire
    url: str
    headers: Callable[[], Mapping[str, str]]
    needs: str
    auth: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """The account, as errors name it."""
        return self.wire.place

    def get(self, path: str, **query: Any) -> Answer:
        """GET; parameters that are None are left out. Raises Stop, Retry."""
        return self.sure("GET", path, params=given(query))

    def post(self, path: str, body: Json) -> Answer:
        """POST of a JSON body, for searches; what is None is left out. Raises Stop, Retry."""
        return self.sure("POST", path, json=given(body))

    def sure(self, method: str, path: str, **options: Any) -> Answer:
        """A call that cannot be about an old cursor: what is rejected stops."""
        try:
            return self.call(method, path, **options)
        except Rejected as refused:
            raise Stop(
                f"{self.place}: the question was refused (HTTP {refused.status}, "
                f"{refused.reason}). Is the address right? {self.needs}"
            ) from None

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """One call; for an answer that is no JSON (some proxy's page, half a body) it is made again.
        Raises Stop for a refused key, Retry, Rejected for a 400 or 404, which may be about a
        cursor that is too old."""
        waited, delay = 0.0, 1.0
        while True:
            try:
                answer = self.wire.send(
                    method, self.url + path, headers=dict(self.headers()), auth=self.auth, **options
                )
            except TokenRefused:
                raise Stop(f"{self.place}: the key was refused. {self.needs}") from None
            headers = {name.lower(): value for name, value in answer.headers.items()}
            try:
                body = read(answer.content, parse_float=Decimal, parse_constant=not_json)
            except (ValueError, RecursionError):
                if waited + delay > self.wire.patience:
                    raise Retry(f"{self.place}: the answer is not JSON, also after {waited:.0f} s "
                                "of trying", 60) from None  # fmt: skip
            else:
                return Answer(body, headers, date_of(headers))
            self.wire.sleep(delay)
            waited, delay = waited + delay, delay * 2


def given(said: Json) -> dict[str, Any]:
    """What is not None."""
    return {name: value for name, value in said.items() if value is not None}


def rows_of(api: Api, body: Any, *path: str, needed: bool = True) -> list[Json]:
    """The objects of a list in an answer. Raises Retry where it is not there: some proxy has
    answered, or half of an answer came."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    if not isinstance(body, list) and (needed or body is not None):
        raise Retry(f"{api.place}: the answer has no {'.'.join(path) or 'list'}", 60)
    return [one if isinstance(one, dict) else {"row": one} for one in body or ()]


def iso(moment: Micros, exact: bool = True) -> str:
    """A moment in UTC as ISO 8601, with milliseconds or whole seconds, without an offset."""
    when = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=moment)
    text = when.isoformat(timespec="milliseconds" if exact else "seconds")
    return text.removesuffix("+00:00")
