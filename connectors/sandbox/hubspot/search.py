"""Search: at most 10,000 results of any question, however it is paged. What has just changed is
found `Settings.search_lag` seconds later; until then it is not found at all."""

from collections.abc import Callable
from typing import Any

from connectors.sandbox.hubspot.objects import table_of
from connectors.sandbox.hubspot.state import Record, Table
from connectors.sandbox.hubspot.values import value_of, view
from connectors.sandbox.hubspot.wire import Answer, Request, invalid, known, moment_of, paged

MOST_FOUND = 10_000
MOST_GROUPS, MOST_IN_GROUP, MOST_FILTERS = 5, 6, 18
_KINDS = {
    "filterGroups": "array",
    "sorts": "array",
    "query": "string",
    "properties": "array",
    "limit": "integer",
}
_FILTER = {
    "propertyName": "string",
    "operator": "string",
    "value": "string",
    "highValue": "string",
    "values": "array",
}

type Test = Callable[[Record], bool]


def search(request: Request) -> Answer:
    """POST search."""
    table = table_of(request)
    body = known(request.body, _KINDS)
    limit, after = body.get("limit", 10), _after(request.body.get("after"))
    most = request.portal.settings.most_search_page
    if not 1 <= limit <= most:
        raise invalid(f"The limit must be from 1 to {most}")
    if after + limit > MOST_FOUND:
        raise invalid(f"The search has paged beyond the limit of {MOST_FOUND} results")
    rows = _found(request, table, body)
    results = [
        view(request.portal, table, record, body.get("properties"))
        for record in rows[after : after + limit]
    ]
    more = str(after + limit) if after + limit < len(rows) else None
    return paged(request, results, more, total=len(rows))


def _after(given: Any) -> int:
    if given in (None, ""):
        return 0
    if not str(given).isdecimal():
        raise invalid("The value of after is not one that a page gave")
    return int(given)


def _found(request: Request, table: Table, body: dict[str, Any]) -> list[Record]:
    """All matches in order. The last question is kept, since a client asks it page by page."""
    lag = request.portal.settings.search_lag
    until = request.doing.now - lag * 1_000_000 if lag else None
    asked = repr([table.version, until, *(body.get(k) for k in ("filterGroups", "sorts", "query"))])
    if table.found[0] != asked:
        test, order = _tests(table, body), _order(table, body.get("sorts", []))
        rows = [
            record
            for record in table.records.values()
            if record.archived_at is None
            and (until is None or record.modified <= until)
            and test(record)
        ]
        table.found = (asked, order(rows))
    return table.found[1]


def _tests(table: Table, body: dict[str, Any]) -> Test:
    groups = [
        known(group, {"filters": "array"}, ("filters",))["filters"]
        for group in body.get("filterGroups", [])
    ]
    if len(groups) > MOST_GROUPS or sum(map(len, groups)) > MOST_FILTERS:
        raise invalid(f"There are more than {MOST_GROUPS} groups or {MOST_FILTERS} filters")
    if any(len(group) > MOST_IN_GROUP for group in groups):
        raise invalid(f"There are more than {MOST_IN_GROUP} filters in a group")
    tests = [
        [_test(table, known(f, _FILTER, ("propertyName", "operator"))) for f in g] for g in groups
    ]
    words = body.get("query", "").lower().split()

    def holds(record: Record) -> bool:
        if tests and not any(all(test(record) for test in group) for group in tests):
            return False
        held = " ".join(record.properties.values()).lower()
        return all(word in held for word in words)

    return holds


def _number(table: Table, name: str) -> Callable[[str], Any]:
    """How values of a property compare: moments and numbers by size, text as it is."""
    kind = table.properties[name].type
    if kind in ("date", "datetime"):
        return lambda text: moment_of(text) // 1_000
    return float if kind == "number" else str.lower


def _key(table: Table, name: str) -> Callable[[Record], Any]:
    """A record's value, ready to compare; None where it has none."""
    if name == table.changed:
        return lambda record: record.modified // 1_000
    if name in ("createdate", "hs_createdate"):
        return lambda record: record.created // 1_000
    if name == "hs_object_id":
        return lambda record: float(record.id)
    read = _number(table, name)

    def key(record: Record) -> Any:
        text = value_of(table, record, name)
        return None if text is None else read(text)

    return key


def _test(table: Table, asked: dict[str, Any]) -> Test:
    name, operator = asked["propertyName"], asked["operator"]
    if name not in table.properties:
        raise invalid(f"There was a problem with the request: property {name} does not exist")
    key, read = _key(table, name), _number(table, name)
    if operator == "HAS_PROPERTY":
        return lambda record: key(record) is not None
    if operator == "NOT_HAS_PROPERTY":
        return lambda record: key(record) is None
    try:
        values = [read(str(value)) for value in asked.get("values", [])]
        value = read(asked["value"]) if "value" in asked else None
        high = read(asked["highValue"]) if "highValue" in asked else None
    except ValueError:
        raise invalid(f"A value of the filter on {name} is not valid") from None
    return _comparison(operator, key, value, high, values)


def _comparison(
    operator: str, key: Callable[[Record], Any], value: Any, high: Any, values: list[Any]
) -> Test:
    if operator in ("IN", "NOT_IN"):
        if not values:
            raise invalid(f"{operator} needs values")
        return lambda r: ((found := key(r)) is not None) and (found in values) is (operator == "IN")
    if value is None or (operator == "BETWEEN" and high is None):
        raise invalid(f"{operator} needs a value")
    simple: dict[str, Callable[[Any], bool]] = {
        "EQ": lambda found: found == value,
        "NEQ": lambda found: found != value,
        "GT": lambda found: found > value,
        "GTE": lambda found: found >= value,
        "LT": lambda found: found < value,
        "LTE": lambda found: found <= value,
        "BETWEEN": lambda found: value <= found <= high,
        "CONTAINS_TOKEN": lambda found: str(value).strip("*") in str(found),
        "NOT_CONTAINS_TOKEN": lambda found: str(value).strip("*") not in str(found),
    }
    if operator not in simple:
        raise invalid(f"{operator} is not a valid operator")
    compare = simple[operator]
    return lambda record: (found := key(record)) is not None and compare(found)


def _order(table: Table, sorts: list[Any]) -> Callable[[list[Record]], list[Record]]:
    """By one property, then by id (unverified); without one, by id."""
    if len(sorts) > 1:
        raise invalid("Only one sort is possible")
    if not sorts:
        return lambda rows: sorted(rows, key=lambda record: record.id)
    given = sorts[0]
    if isinstance(given, dict):
        name, down = given.get("propertyName"), given.get("direction") == "DESCENDING"
    else:
        name, down = str(given).lstrip("-"), str(given).startswith("-")
    if name not in table.properties:
        raise invalid(f"There was a problem with the request: property {name} does not exist")
    key = _key(table, name)

    def order(rows: list[Record]) -> list[Record]:
        none = [record for record in rows if key(record) is None]
        held = [record for record in rows if key(record) is not None]
        held.sort(key=lambda record: (key(record), record.id), reverse=down)
        return held + none

    return order
