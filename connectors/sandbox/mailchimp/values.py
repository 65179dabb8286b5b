"""Values of merge fields: what each type takes, and what a member shows."""

import re
from typing import Any

from connectors.sandbox.mailchimp.state import Audience, Member, MergeField
from connectors.sandbox.mailchimp.wire import Problem

TEXT_BYTES = 255
_PATTERNS = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?|\d{1,2}/\d{1,2}/\d{4}"),
    "birthday": re.compile(r"(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])"),
    "url": re.compile(r"https?://\S+"),
    "imageurl": re.compile(r"https?://\S+"),
    "zip": re.compile(r"\d{5}(-\d{4})?"),
    "number": re.compile(r"-?\d+(\.\d+)?"),
}
_ADDRESS = ("addr1", "city", "state", "zip")


def taken(audience: Audience, values: dict[str, Any], at: str = "") -> dict[str, Any]:
    """The values of known merge fields, as stored. A tag that the audience does not have is
    ignored without a word, as the API does. Raises a Problem that names each wrong field."""
    wrong: list[dict[str, str]] = []
    kept: dict[str, Any] = {}
    for tag, value in values.items():
        column = audience.field_tagged(tag)
        if column is None:
            continue
        if message := _fault(column, value):
            wrong.append({"field": at + tag, "message": message})
        else:
            kept[tag] = _stored(column, value)
    if wrong:
        raise Problem(400, "Invalid Resource", "Your merge fields were invalid.", wrong)
    return kept


def require(audience: Audience, member: Member | None, values: dict[str, Any]) -> None:
    """Refuses a member who would be left without a value that the audience requires."""
    held = {**(member.merge_fields if member else {}), **values}
    wrong = [
        {"field": column.tag, "message": "This value should not be blank."}
        for column in audience.merge_fields.values()
        if column.required and held.get(column.tag, "") == ""
    ]
    if wrong:
        raise Problem(400, "Invalid Resource", "Your merge fields were invalid.", wrong)


def _stored(column: MergeField, value: Any) -> Any:
    if value is None:
        return column.default_value
    if column.type == "number" and value != "":
        return float(value) if "." in str(value) else int(value)
    return value if column.type == "address" else str(value)


def _fault(column: MergeField, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if column.type == "address":
        whole = isinstance(value, dict) and all(value.get(part) for part in _ADDRESS)
        return None if whole else "Please enter a complete address."
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return "Data presented is not of the field's type."
    text = str(value)
    if column.type in ("text", "phone") and len(text.encode()) > TEXT_BYTES:
        return f"Please enter a value of at most {TEXT_BYTES} bytes."
    pattern = _PATTERNS.get(column.type)
    if pattern and not pattern.fullmatch(text):
        return f"Please enter a valid {column.type}."
    choices = column.options.get("choices", [])
    if column.type in ("dropdown", "radio") and text not in choices:
        return "Value must be one of the field's choices."
    return None


def shown(audience: Audience, member: Member) -> dict[str, Any]:
    """Every merge field of the audience; one without a value is empty text."""
    return {
        column.tag: member.merge_fields.get(column.tag, "")
        for column in audience.merge_fields.values()
    }
