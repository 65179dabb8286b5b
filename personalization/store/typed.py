"""The one definition that turns a log row into typed columns, for the tail and the base alike.

A property of the wrong type is NULL and never an error: integers are JSON integers or texts of
digits, texts are JSON texts or the JSON of whatever else is there.
"""

from personalization.models import EVENT_COLUMNS

RAW: dict[str, str] = {
    "contact": "VARCHAR", "key": "VARCHAR", "kind": "VARCHAR", "alias": "VARCHAR",
    "occurred_at": "BIGINT", "recorded_at": "BIGINT", "props": "VARCHAR", "hash": "BIGINT",
}  # fmt: skip
"""A log row as SQLite keeps it."""

HEAD = ("key", "kind", "alias", "contact", "occurred_at", "recorded_at")
COLUMNS = (*HEAD, *(f'"{name}"' for name in EVENT_COLUMNS), "props")
"""The columns of `events`, in order."""

_PLAIN = [name for name in EVENT_COLUMNS if name != "lines"]
_SINGLE = ["product", "quantity", "price", "category"]
_PATHS = {name: place for place, name in enumerate((*_PLAIN, *_SINGLE), start=1)}
_LINE = '[{"product":"VARCHAR","quantity":"VARCHAR","amount":"VARCHAR","category":"VARCHAR"}]'


def got(name: str) -> str:
    """A property's text."""
    return f"got[{_PATHS[name]}]"


def integer(text: str) -> str:
    """A text as BIGINT, or NULL."""
    return f"CASE WHEN regexp_full_match({text}, '-?[0-9]+') THEN TRY_CAST({text} AS BIGINT) END"


def line(product: str, quantity: str, amount: str, category: str) -> str:
    """A line; a line without a quantity is one piece."""
    return (f"{{'product': {product}, 'quantity': COALESCE({quantity}, 1), "
            f"'amount': {amount}, 'category': {category}}}")  # fmt: skip


def lines() -> str:
    """An event's lines. An event that names a product and has no lines is one line itself, its
    amount the event's own or else price times quantity."""
    given = line("l.product", integer("l.quantity"), integer("l.amount"), "l.category")
    quantity, price = integer(got("quantity")), integer(got("price"))
    total = f"TRY_CAST(CAST({price} AS HUGEINT) * COALESCE({quantity}, 1) AS BIGINT)"
    amount = f"COALESCE({integer(got('amount'))}, {total})"
    single = line(got("product"), quantity, amount, got("category"))
    return (
        f"CASE WHEN listed IS NOT NULL THEN [{given} FOR l IN from_json(listed, '{_LINE}') "
        f"IF l.product IS NOT NULL] WHEN {got('product')} IS NOT NULL THEN [{single}] END"
    )


def typed(relation: str) -> str:
    """SELECT of a relation of RAW rows as typed COLUMNS, and hash."""
    paths = ", ".join(f"'$.{name}'" for name in _PATHS)
    chosen = [
        f'{integer(got(name)) if kind == "BIGINT" else got(name)} AS "{name}"'
        for name, kind in EVENT_COLUMNS.items() if name != "lines"
    ]  # fmt: skip
    return (
        f"SELECT {', '.join(HEAD)}, {', '.join(chosen)}, "
        f'CAST({lines()} AS {EVENT_COLUMNS["lines"]}) AS "lines", props, hash '
        f"FROM (SELECT *, json_extract_string(props, [{paths}]) AS got, "
        "CASE WHEN json_type(props, '$.lines') = 'ARRAY' "
        f"THEN json_extract(props, '$.lines') END AS listed FROM {relation})"
    )
