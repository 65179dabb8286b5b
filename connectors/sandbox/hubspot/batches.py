"""Objects in batches of at most 100.

Where a value is not valid the whole batch is refused with 400 and nothing is written, unless
every input carries an `objectWriteTraceId`: then the others are written and 207 says which were
not (documented for create; unverified for update and upsert). Ids that do not exist are errors of
a 207, or, with `Settings.name_unknown_ids` off, just missing from its results, as people report.
"""

from typing import Any

from connectors.sandbox.hubspot import effects
from connectors.sandbox.hubspot.associations import associate, check_associations
from connectors.sandbox.hubspot.objects import check_new, table_of
from connectors.sandbox.hubspot.state import Record, Table
from connectors.sandbox.hubspot.values import checked, refused, view
from connectors.sandbox.hubspot.wire import (
    Answer,
    Doing,
    Problem,
    Request,
    batched,
    failed,
    inputs_of,
    invalid,
    known,
    texts,
)

type Row = dict[str, Any]
_KINDS = {
    "id": "string",
    "idProperty": "string",
    "properties": "object",
    "objectWriteTraceId": "string",
    "associations": "array",
}


def _rows(request: Request, required: tuple[str, ...]) -> list[Row]:
    rows = [known(row, _KINDS, required) for row in inputs_of(request)]
    for row in rows:
        if "properties" in required:
            texts(row["properties"], "properties")
    keys = [row["id"] for row in rows if "id" in row]
    twice = (
        sorted({key for key in keys if keys.count(key) > 1}) if len(set(keys)) < len(keys) else []
    )
    if twice:
        raise invalid(f"Duplicate IDs found in batch input: {twice}. IDs must be unique")
    return rows


def _absent(request: Request, table: Table, ids: list[str]) -> list[Row]:
    if not ids or not request.portal.settings.name_unknown_ids:
        return []
    what = table.name.removesuffix("s").upper()
    message = f"Could not get some {what} objects, they may be deleted or not exist."
    return [failed("OBJECT_NOT_FOUND", f"{message} Check that ids are valid.", ids=ids)]


def _done(request: Request, results: list[Row], errors: list[Row], unknown: int) -> Answer:
    answer = batched(request, results, errors)
    if unknown:
        answer.status = 207
    return answer


def read_batch(request: Request) -> Answer:
    """POST batch/read."""
    table = table_of(request)
    kinds = {"inputs": "array", "properties": "array", "idProperty": "string"}
    body = known(request.body, kinds, ("inputs",))
    by, archived = body.get("idProperty"), request.flag("archived")
    if by and not (by in table.properties and table.properties[by].hasUniqueValue):
        raise invalid(f"{by} is not a unique property of {table.name}")
    results, unknown = [], []
    for row in inputs_of(request):
        key = known(row, {"id": "string"}, ("id",))["id"]
        record = table.with_value(by, key) if by else table.get(key)
        if record is None or (record.archived_at is not None) is not archived:
            unknown.append(key)
        else:
            results.append(view(request.portal, table, record, body.get("properties")))
    errors = _absent(request, table, unknown)
    return _done(request, results, errors, len(unknown))


def update_batch(request: Request) -> Answer:
    """POST batch/update: by record id, or by a unique property other than the address."""
    table = table_of(request, writing=True)
    rows = _rows(request, ("id", "properties"))
    for by in {row["idProperty"] for row in rows if "idProperty" in row}:
        column = table.properties.get(by)
        if column is None or not column.hasUniqueValue or by == "email":
            what = f"non-unique {table.type_id} property {by} in portal ID {request.portal.hub}"
            raise invalid(f"Unable to perform update/upsert by {what}")
    found = [
        table.with_value(row["idProperty"], row["id"])
        if "idProperty" in row
        else table.live(row["id"])
        for row in rows
    ]
    return _apply(request, table, rows, found)


def create_batch(request: Request) -> Answer:
    """POST batch/create. An address that is there already refuses the whole batch and names only
    the first such contact."""
    table = table_of(request, writing=True)
    rows = _rows(request, ("properties",))
    answer = _apply(request, table, rows, [None] * len(rows), new=True)
    if answer.status == 200:
        answer.status = 201
    return answer


def upsert_batch(request: Request) -> Answer:
    """POST batch/upsert: makes whoever is not there. Needs `idProperty`."""
    table = table_of(request, writing=True)
    rows = _rows(request, ("id", "properties"))
    for row in rows:
        column = table.properties.get(row.get("idProperty", ""))
        if column is None or not column.hasUniqueValue:
            raise invalid(f"Unable to perform update/upsert by non-unique {table.type_id} property")
        row["properties"] = {column.name: row["id"], **row["properties"]}
    found = [table.with_value(row["idProperty"], row["id"]) for row in rows]
    return _apply(request, table, rows, found, new=True)


def _apply(
    request: Request, table: Table, rows: list[Row], found: list[Record | None], new: bool = False
) -> Answer:
    """Checks all rows, then writes them."""
    unknown = [] if new else [row["id"] for row, r in zip(rows, found, strict=True) if r is None]
    errors: list[Row] = []
    ready: list[tuple[int, Record | None, dict[str, str]]] = []
    spoiled = None if request.spoil is None else int(request.spoil * len(rows))
    muted = None if request.mute is None else int(request.mute * len(rows))
    for number, (row, record) in enumerate(zip(rows, found, strict=True)):
        if record is None and not new:
            continue
        problem, kept = _checked(request, table, row, record)
        if number == spoiled:
            problem = Problem(500, "INTERNAL_ERROR", "internal error")
        if problem is None:
            ready.append((number, record, kept))
        elif all("objectWriteTraceId" in each for each in rows) or number == spoiled:
            errors.append(_error(row, problem))
        else:
            raise problem
    results = []
    for number, record, kept in ready:
        doing = request.silenced() if number == muted else request.doing
        results.append(_write(doing, table, rows[number], record, kept, new))
        if number == muted:
            doing.recorder.roll_back()
    return _done(request, results, errors + _absent(request, table, unknown), len(unknown))


def _checked(
    request: Request, table: Table, row: Row, record: Record | None
) -> tuple[Problem | None, dict[str, str]]:
    kept, faults = checked(request.portal, table, row["properties"], record)
    if faults:
        return refused(faults), kept
    try:
        if record is None:
            check_new(request, table, kept)
        check_associations(request.portal, table, row.get("associations", []))
    except Problem as problem:
        return problem, kept
    return None, kept


def _error(row: Row, problem: Problem) -> Row:
    context: dict[str, list[str]] = {}
    if "objectWriteTraceId" in row:
        context["objectWriteTraceId"] = [row["objectWriteTraceId"]]
    if "id" in row:
        context["ids"] = [row["id"]]
    return failed(problem.body["category"], problem.body["message"], **context)


def _write(
    doing: Doing,
    table: Table,
    row: Row,
    record: Record | None,
    kept: dict[str, str],
    new: bool,
) -> Row:
    made = record is None
    if record is None:
        record = effects.create(doing, table, kept)
        links = check_associations(doing.portal, table, row.get("associations", []))
        associate(doing, table, record, links)
    else:
        effects.write(doing, table, record, kept)
    body = view(doing.portal, table, record, sorted(kept))
    if new and "id" in row:
        body["new"] = made
    if "objectWriteTraceId" in row:
        body["objectWriteTraceId"] = row["objectWriteTraceId"]
    return body


def archive_batch(request: Request) -> Answer:
    """POST batch/archive. Those that are not there are passed over."""
    table = table_of(request, writing=True)
    for row in _rows(request, ("id",)):
        record = table.live(row["id"])
        if record is not None:
            effects.archive(request.doing, table, record)
    return Answer(204)
