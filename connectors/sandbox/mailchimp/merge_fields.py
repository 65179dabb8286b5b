"""Merge fields of an audience: at most 30, tags of at most 10 characters."""

import re
from dataclasses import asdict
from typing import Any

from connectors.sandbox.mailchimp import effects_setup
from connectors.sandbox.mailchimp.members import audience_of
from connectors.sandbox.mailchimp.state import Account, Audience, MergeField
from connectors.sandbox.mailchimp.wire import (
    Answer,
    Request,
    body_of,
    invalid,
    missing,
    page,
    refused,
)

MOST_FIELDS = 30
"""All of an audience's fields count, those it began with too; the address itself does not."""

TYPES = frozenset(
    {"text", "number", "address", "phone", "date", "url", "imageurl", "radio"}
    | {"dropdown", "birthday", "zip"}
)
_TAG = re.compile(r"[A-Z][A-Z0-9_]{0,9}")
_RESERVED = frozenset({"EMAIL", "INTERESTS", "UNSUB", "FORWARD", "REWARDS", "ARCHIVE", "USER_URL"})
_KINDS = {
    "tag": "string",
    "name": "string",
    "type": "string",
    "required": "boolean",
    "default_value": "string",
    "public": "boolean",
    "display_order": "integer",
    "options": "object",
    "help_text": "string",
}


def _view(audience: Audience, column: MergeField) -> dict[str, Any]:
    options = dict(column.options)
    if column.type == "text":
        options.setdefault("size", 25)
    return {**asdict(column), "options": options, "list_id": audience.id, "_links": []}


def _column_of(account: Account, request: Request) -> tuple[Audience, MergeField]:
    audience = audience_of(account, request)
    key = request.ids["field"]
    column = audience.merge_fields.get(int(key)) if key.isdigit() else None
    if column is None:
        raise missing()
    return audience, column


def list_fields(account: Account, request: Request) -> Answer:
    """GET; ten at a time unless a count is given."""
    audience = audience_of(account, request)
    rows = list(audience.merge_fields.values())
    if kind := request.query.get("type"):
        rows = [column for column in rows if column.type == kind]
    if "required" in request.query:
        needed = request.flag("required")
        rows = [column for column in rows if column.required is needed]
    return page(
        request,
        "merge_fields",
        rows,
        lambda column: _view(audience, column),
        list_id=audience.id,
    )


def get_field(account: Account, request: Request) -> Answer:
    """GET one by its number."""
    return Answer(200, _view(*_column_of(account, request)))


def _check(audience: Audience, body: dict[str, Any], but: MergeField | None = None) -> None:
    if "name" in body and not 1 <= len(body["name"]) <= 50:
        raise invalid(("name", "Please enter a name of 1 to 50 characters."))
    if "type" in body and body["type"] not in TYPES:
        raise invalid(("type", "Data presented is not one of the accepted values."))
    tag = body.get("tag")
    if tag is None:
        return
    if not _TAG.fullmatch(tag) or tag in _RESERVED:
        raise invalid(("tag", "Tags have 1 to 10 characters: A-Z, 0-9 and underscore."))
    held = audience.field_tagged(tag)
    if held is not None and held is not but:
        raise refused(f'A Merge Field with the tag "{tag}" already exists for this list.')


def create_field(account: Account, request: Request) -> Answer:
    """POST. Without a tag the API makes one: MMERGE and the field's number. The real API turns a
    lower-case tag into upper case; here it is refused, so that nobody relies on it."""
    audience = audience_of(account, request)
    body = body_of(request, _KINDS, ("name", "type"))
    _check(audience, body)
    if body["type"] in ("dropdown", "radio") and not body.get("options", {}).get("choices"):
        raise invalid(("options.choices", "This value should not be blank."))
    if len(audience.merge_fields) >= MOST_FIELDS:
        raise refused(f"This list already has the maximum of {MOST_FIELDS} merge fields.")
    number = audience.next_merge_id
    audience.next_merge_id += 1
    body.setdefault("tag", f"MMERGE{number}")
    body.setdefault("display_order", number)
    column = MergeField(merge_id=number, **body)
    effects_setup.add_field(audience, request.recorder, column)
    return Answer(200, _view(audience, column))


def change_field(account: Account, request: Request) -> Answer:
    """PATCH; the type of a field never changes."""
    audience, column = _column_of(account, request)
    body = body_of(request, {n: k for n, k in _KINDS.items() if n != "type"}, ("name",))
    _check(audience, body, column)
    effects_setup.change_field(audience, request.recorder, column, body)
    return Answer(200, _view(audience, column))


def delete_field(account: Account, request: Request) -> Answer:
    """DELETE, with all its values."""
    audience, column = _column_of(account, request)
    effects_setup.drop_field(audience, request.recorder, column)
    return Answer(204)
