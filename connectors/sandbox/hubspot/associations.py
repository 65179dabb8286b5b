"""Which record belongs to which: an order to its contact, a line item to its order."""

from typing import Any

from connectors.sandbox.hubspot.catalogue import table_named
from connectors.sandbox.hubspot.state import Portal, Record, Table
from connectors.sandbox.hubspot.wire import (
    Answer,
    Doing,
    Request,
    batched,
    failed,
    inputs_of,
    invalid,
    known,
)

MOST_READ = 1_000
_TYPES = {
    ("orders", "contacts"): 507,
    ("contacts", "orders"): 508,
    ("carts", "contacts"): 586,
    ("contacts", "carts"): 587,
    ("deals", "contacts"): 3,
    ("contacts", "deals"): 4,
    ("line_items", "orders"): 514,
    ("orders", "line_items"): 513,
}


def _key(table: Table, record_id: str) -> str:
    return f"{table.name}/{record_id}"


def link(portal: Portal, one: Table, one_id: str, other: Table, other_id: str) -> bool:
    """Joins two records, both ways; False where they were joined."""
    there = portal.associations.setdefault(_key(one, one_id), {}).setdefault(other.name, [])
    if other_id in there:
        return False
    there.append(other_id)
    back = portal.associations.setdefault(_key(other, other_id), {})
    back.setdefault(one.name, []).append(one_id)
    return True


def _unlink(portal: Portal, one: Table, one_id: str, other: Table, other_id: str) -> None:
    portal.associations[_key(one, one_id)][other.name].remove(other_id)
    portal.associations[_key(other, other_id)][one.name].remove(one_id)


def check_associations(portal: Portal, table: Table, rows: list[Any]) -> list[tuple[Table, str]]:
    """The records that a new one is to be joined to, of the types that its body names."""
    found: list[tuple[Table, str]] = []
    for row in rows:
        kept = known(row, {"to": "object", "types": "array"}, ("to", "types"))
        numbers = {kind.get("associationTypeId") for kind in kept["types"]}
        names = [pair[1] for pair, number in _TYPES.items() if number in numbers]
        names = [n for n in names if (table.name, n) in _TYPES]
        other = portal.tables[names[0]] if names else None
        if other is None or other.live(str(kept["to"].get("id"))) is None:
            raise invalid("One of the associations is not valid")
        found.append((other, str(kept["to"]["id"])))
    return found


def associate(doing: Doing, table: Table, record: Record, links: list[tuple[Table, str]]) -> None:
    """Joins a record to others, with an effect each."""
    for other, other_id in links:
        join(doing, table, str(record.id), other, other_id)


def join(doing: Doing, table: Table, one_id: str, other: Table, other_id: str) -> None:
    """Joins two records, with an effect."""
    if link(doing.portal, table, one_id, other, other_id):
        doing.recorder.record(
            "associated",
            lambda: _unlink(doing.portal, table, one_id, other, other_id),
            api="hubspot",
            object=table.name,
            record=one_id,
            after={other.name: other_id},
        )


def _alive(portal: Portal, table: Table, record_id: str, other: Table) -> list[str]:
    held = portal.associations.get(_key(table, record_id), {}).get(other.name, [])
    found = (other.live(other_id) for other_id in held)
    return [str(record.id) for record in found if record is not None]


def linked(portal: Portal, table: Table, record: Record, asked: list[str]) -> dict[str, Any]:
    """The `associations` of a record, for the types asked for; those without any are left out."""
    body: dict[str, Any] = {}
    for name in asked:
        other = table_named(portal, name)
        if other is None:
            raise invalid(f"Unable to infer object type from: {name}")
        ids = [i for n in (record.id, *record.merged) for i in _alive(portal, table, str(n), other)]
        if ids:
            kind = f"{table.name.removesuffix('s')}_to_{other.name.removesuffix('s')}"
            rows = [{"id": other_id, "type": kind} for other_id in dict.fromkeys(ids)]
            body[other.name] = {"results": rows}
    return body


def _pair(request: Request) -> tuple[Table, Table]:
    one = table_named(request.portal, request.ids["type"])
    other = table_named(request.portal, request.ids["other"])
    if one is None or other is None:
        raise invalid("Unable to infer object type")
    return one, other


def read_batch(request: Request) -> Answer:
    """POST v4 batch/read, at most 1,000 inputs. Records without any are errors of a 207."""
    one, other = _pair(request)
    results, errors = [], []
    for row in inputs_of(request, MOST_READ):
        record_id = known(row, {"id": "string"}, ("id",))["id"]
        ids = _alive(request.portal, one, record_id, other)
        if ids:
            number = _TYPES.get((one.name, other.name), 1)
            spec = {"category": "HUBSPOT_DEFINED", "typeId": number, "label": None}
            to = [{"toObjectId": int(i), "associationTypes": [spec]} for i in ids]
            results.append({"from": {"id": record_id}, "to": to})
        else:
            message = f"No {other.name} is associated with {one.name} {record_id}."
            errors.append(failed("OBJECT_NOT_FOUND", message, fromObjectId=[record_id]))
    return batched(request, results, errors)


def join_default(request: Request) -> Answer:
    """PUT v4 default association between two records."""
    one, other = _pair(request)
    one_id, other_id = request.ids["id"], request.ids["to"]
    if one.live(one_id) is None or other.live(other_id) is None:
        raise invalid("One of the records does not exist")
    join(request.doing, one, one_id, other, other_id)
    number = _TYPES.get((one.name, other.name), 1)
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}
    row = {"from": {"id": one_id}, "to": {"id": other_id}, "associationSpec": spec}
    return batched(request, [row], [])
