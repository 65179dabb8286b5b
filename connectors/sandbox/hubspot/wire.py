"""Requests and answers as the handlers see them, and the shapes that all resources share."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.clock import micros
from connectors.sandbox.hubspot.state import Portal
from connectors.sandbox.ledger import Recorder

MOST_INPUTS = 100


@dataclass(frozen=True)
class Doing:
    """What a change needs: the portal, where effects are noted, and the call's own moment, which
    all records that it changes share (so several have the same `lastmodifieddate`)."""

    portal: Portal
    recorder: Recorder
    now: int


@dataclass
class Request:
    """One call. `spoil` in [0, 1) picks the input of a batch that fails, `mute` the one that is
    not written though the answer says so; None where nothing is to go wrong."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    doing: Doing
    token: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    spoil: float | None = None
    mute: float | None = None

    @property
    def portal(self) -> Portal:
        """The account behind the token."""
        return self.doing.portal

    def text(self, name: str) -> str | None:
        """One value in the query."""
        values = self.query.get(name)
        return values[-1] if values else None

    def names(self, name: str) -> list[str]:
        """Several values: repeated, or with commas."""
        return [part for value in self.query.get(name, ()) for part in value.split(",") if part]

    def flag(self, name: str) -> bool:
        """A yes or no in the query. Upper and lower case are the same (the client sends True)."""
        text = (self.text(name) or "false").lower()
        if text not in ("true", "false"):
            raise invalid(f"Invalid boolean for {name}")
        return text == "true"

    def number(self, name: str, default: int, most: int) -> int:
        """A number from 1 in the query; more than `most` is refused, not cut."""
        text = self.text(name)
        if text is None:
            return default
        if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= most:
            raise invalid(f"The value of {name} must be a number from 1 to {most}")
        return int(text)

    def silenced(self) -> Doing:
        """The same, with effects that are kept apart, to be rolled back."""
        apart = Recorder(self.doing.recorder.tick, self.doing.recorder.actor)
        return replace(self.doing, recorder=apart)


@dataclass
class Answer:
    """A status and a JSON body; None where there is no body at all."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Problem(Exception):
    """A call that the API refuses."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "status": "error",
            "message": message,
            "category": category,
            **more,
        }


def invalid(message: str, **more: Any) -> Problem:
    """400."""
    return Problem(400, "VALIDATION_ERROR", message, **more)


def missing(message: str = "resource not found") -> Problem:
    """404."""
    return Problem(404, "OBJECT_NOT_FOUND", message)


def stamp(moment: int) -> str:
    """ISO 8601 with milliseconds, as the API writes moments."""
    seconds, rest = divmod(moment, 1_000_000)
    whole = datetime.fromtimestamp(seconds, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{rest // 1000:03d}Z"


def moment_of(text: str) -> int:
    """UTC microseconds of ISO 8601 or of milliseconds since 1970. Raises ValueError."""
    return int(text) * 1_000 if re.fullmatch(r"-?\d+", text) else micros(text)


_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "integer": (int,),
}


def known(body: Any, kinds: dict[str, str], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The body's known properties, each of its kind; what the API does not know it ignores."""
    if not isinstance(body, dict):
        raise invalid("Invalid input JSON: an object is expected")
    for name in required:
        if body.get(name) is None:
            raise invalid(f"Invalid input JSON: Some required fields were not set: [{name}]")
    kept = {name: body[name] for name in kinds if body.get(name) is not None}
    for name, value in kept.items():
        wrong_bool = isinstance(value, bool) and kinds[name] == "integer"
        if not isinstance(value, _KINDS[kinds[name]]) or wrong_bool:
            raise invalid(f"Invalid input JSON: {name} must be of type {kinds[name]}")
    return kept


def texts(value: Any, name: str) -> dict[str, str]:
    """An object whose values are all text. The real API may turn other scalars into text
    (unverified); its description says text, so nothing else is taken."""
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise invalid(f"Invalid input JSON: the values of {name} must be of type string")
    return value


def inputs_of(request: Request, most: int = MOST_INPUTS) -> list[dict[str, Any]]:
    """The inputs of a batch: one at least, `most` at the most."""
    body = known(request.body, {"inputs": "array"}, ("inputs",))
    inputs: list[dict[str, Any]] = body["inputs"]
    if not inputs:
        raise invalid("The batch request must contain at least one input")
    if not all(isinstance(row, dict) for row in inputs):
        raise invalid("Invalid input JSON: every input must be an object")
    if len(inputs) > most:
        raise invalid(f"The maximum batch size is {most}; {len(inputs)} inputs were given")
    return inputs


def batched(
    request: Request, results: list[Any], errors: list[dict[str, Any]], status: int = 200
) -> Answer:
    """The answer to a batch: 207 where some inputs failed."""
    now = stamp(request.doing.now)
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": now,
        "completedAt": now,
    }
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Answer(207 if errors else status, body)


def failed(category: str, message: str, **context: list[str]) -> dict[str, Any]:
    """One entry of a 207's errors."""
    return {
        "status": "error",
        "category": category,
        "message": message,
        "context": context,
        "errors": [],
        "links": {},
    }


def paged(request: Request, results: list[Any], after: str | None, **more: Any) -> Answer:
    """One page; `paging` is there only where more follows."""
    body: dict[str, Any] = {**more, "results": results}
    if after is not None:
        link = f"{request.path}?after={after}"
        body["paging"] = {"next": {"after": after, "link": link}}
    return Answer(200, body)
