"""Requests and answers as the handlers see them, and the shapes that all resources share."""

import re
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.clock import micros
from connectors.sandbox.ledger import Recorder

ERROR_TYPE = "https://mailchimp.com/developer/marketing/docs/errors/"
MOST_ITEMS = 1000
MOST_MEMBERS = 500


@dataclass
class Request:
    """One call: path below /3.0, query with single values, body as parsed JSON or None."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    recorder: Recorder
    base: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        """A yes or no in the query; the text must be JSON's."""
        text = self.query.get(name, "false")
        if text not in ("true", "false", "1", "0"):
            raise invalid((name, "Schema describes boolean, string found instead"))
        return text in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """A number from zero in the query."""
        text = self.query.get(name)
        if text is None:
            return default
        if not re.fullmatch(r"\d+", text):
            raise invalid((name, "Schema describes integer, string found instead"))
        return int(text)

    def moment(self, name: str) -> int | None:
        """A moment in the query, in UTC microseconds."""
        text = self.query.get(name)
        return None if not text else when(text, name)


@dataclass
class Answer:
    """A status and a JSON body; None where there is no body at all."""

    status: int
    body: Any = None


class Problem(Exception):
    """A call that the API refuses, as problem+json."""

    def __init__(
        self, status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(title)
        self.status = status
        self.body: dict[str, Any] = {
            "type": ERROR_TYPE,
            "title": title,
            "status": status,
            "detail": detail,
            "instance": "",
        }
        if errors:
            self.body["errors"] = errors


def refusal(problem: Problem) -> Answer:
    """The problem as an answer."""
    return Answer(problem.status, problem.body)


def invalid(*fields: tuple[str, str]) -> Problem:
    """400 with the fields at fault and what is wrong with each."""
    return Problem(
        400,
        "Invalid Resource",
        "The resource submitted could not be validated. "
        "For field-specific details, see the 'errors' array.",
        [{"field": name, "message": message} for name, message in fields],
    )


def refused(detail: str, title: str = "Invalid Resource") -> Problem:
    """400 with one sentence and no fields."""
    return Problem(400, title, detail)


def missing() -> Problem:
    """404: there is no such thing."""
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


def when(text: object, name: str) -> int:
    """UTC microseconds of an ISO 8601 text in a field of that name."""
    try:
        return micros(str(text))
    except ValueError:
        raise invalid((name, "Please enter a valid ISO 8601 date and time.")) from None


_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "integer": (int,),
    "number": (int, float),
}
_NAMES = {str: "string", bool: "boolean", dict: "object", list: "array", int: "integer"}


def body_of(
    request: Request, kinds: dict[str, str], required: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The body's known properties, each of its kind. What the API does not know it ignores."""
    return known(request.body, kinds, required)


def known(
    body: Any, kinds: dict[str, str], required: tuple[str, ...] = (), at: str = ""
) -> dict[str, Any]:
    """Those properties of an object that have a kind; `at` is put before a field's name."""
    if not isinstance(body, dict):
        raise invalid((at.rstrip("."), "Schema describes object, other type found instead"))
    wrong = [
        (at + name, "This value should not be blank.") for name in required if name not in body
    ]
    for name, kind in kinds.items():
        value = body.get(name)
        if name in body and (
            not isinstance(value, _KINDS[kind])
            or (isinstance(value, bool) and kind in ("integer", "number"))
        ):
            found = _NAMES.get(type(value), "NULL")
            wrong.append((at + name, f"Schema describes {kind}, {found} found instead"))
    if wrong:
        raise invalid(*wrong)
    return {name: body[name] for name in kinds if name in body}


def page(request: Request, name: str, rows: list[Any], show: Any, **more: Any) -> Answer:
    """One page of rows, each shown by `show`; a count above the most is cut, not refused."""
    start = request.number("offset", 0)
    count = min(request.number("count", 10), MOST_ITEMS)
    shown = [show(row) for row in rows[start : start + count]]
    return Answer(200, {name: shown, **more, "total_items": len(rows), "_links": []})


def narrowed(request: Request, answer: Answer) -> Answer:
    """The answer with only those fields, or without those, that the query names (dots go down)."""
    if answer.status == 200 and isinstance(answer.body, dict):
        if wanted := request.query.get("fields"):
            answer.body = _keep(answer.body, _tree(wanted))
        if unwanted := request.query.get("exclude_fields"):
            answer.body = _drop(answer.body, _tree(unwanted))
    return answer


def _tree(text: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in text.split(","):
        node = tree
        for step in path.strip().split("."):
            node = node.setdefault(step, {})
    return tree


def _keep(value: Any, tree: dict[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_keep(item, tree) for item in value]
    if isinstance(value, dict):
        return {key: _keep(value[key], below) for key, below in tree.items() if key in value}
    return value


def _drop(value: Any, tree: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_drop(item, tree) for item in value]
    if isinstance(value, dict):
        return {
            key: _drop(item, tree[key]) if tree.get(key) else item
            for key, item in value.items()
            if key not in tree or tree[key]
        }
    return value
