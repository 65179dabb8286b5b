"""Text into values, a piece of rows at a time in one SQL statement, with the reason where a text
is none. Reasons name the column and the remedy, and never repeat the text: it may be personal."""

from collections.abc import Sequence

import duckdb
import numpy as np

from connectors.shared.iso_currencies import CODES
from personalization.currency import NO_DIGITS, THREE_DIGITS
from personalization.errors import Stop
from personalization.models import Frozen

MOMENT = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?"
LEAST_MICROS = 10**14  # 1973: a smaller whole number counts seconds or milliseconds

SPACE = f"'{''.join(chr(n) for n in range(0x10000) if chr(n).isspace())}'"
"""What is cut off at both ends of a text, as SQL: as Python's strip does."""

# type -> (SQL of the value of the text $x; what to write instead where there is none)
TYPES: dict[str, tuple[str, str]] = {
    "text": ("$x", ""),
    "integer": (
        r"CASE WHEN regexp_full_match($x, '[+-]?\d+(\.0*)?') THEN TRY_CAST($x AS BIGINT) END",
        "write a whole number",
    ),
    "count": (
        r"CASE WHEN regexp_full_match($x, '\+?0*[1-9]\d*(\.0*)?') THEN TRY_CAST($x AS BIGINT) END",
        "write a whole number of at least 1; what was given back is a refund event",
    ),
    "number": (
        "CASE WHEN isfinite(TRY_CAST($x AS DOUBLE)) THEN TRY_CAST($x AS DOUBLE) END",
        "write a number with a point, such as 12.5",
    ),
    "boolean": (
        (
            "CASE WHEN lower($x) IN ('true', 'yes', '1') THEN true "
            "WHEN lower($x) IN ('false', 'no', '0') THEN false END"
        ),
        "write true or false",
    ),
    "date": (
        (
            r"CASE WHEN regexp_full_match($x, '\d{4}-\d{2}-\d{2}( 00:00:00)?') "
            "THEN CAST(TRY_CAST($x[:10] AS DATE) AS VARCHAR) END"
        ),
        "write a date as 2026-03-31",
    ),
    "timestamp": (
        (
            rf"CASE WHEN regexp_full_match($x, '-?\d+') THEN CASE WHEN TRY_CAST($x AS BIGINT) >= "
            rf"{LEAST_MICROS} THEN TRY_CAST($x AS BIGINT) END WHEN regexp_full_match($x, '{MOMENT}') "
            "THEN epoch_us(TRY_CAST($x AS TIMESTAMPTZ)) END"
        ),
        "write a moment as 2026-03-31T14:05:00Z, or as microseconds since 1970 (16 digits)",
    ),
    "money": (
        (
            r"CASE WHEN regexp_full_match($x, '[+-]?\d{1,14}(\.\d{1,6})?') "
            "AND (TRY_CAST($x AS DECIMAL(24,6)) * scale) % 1 = 0 "
            "THEN CAST(TRY_CAST($x AS DECIMAL(24,6)) * scale AS BIGINT) END"
        ),
        "write an amount with a point and no more digits than its currency has, such as 12.50",
    ),
    "latitude": (
        (
            r"CASE WHEN regexp_full_match($x, '[+-]?\d{1,2}(\.\d{1,15})?') AND "
            "abs(TRY_CAST($x AS DECIMAL(24,15))) <= 90 "
            "THEN CAST(round(TRY_CAST($x AS DECIMAL(24,15)) * 1000000) AS BIGINT) END"
        ),
        "write degrees from -90 to 90, such as 48.8566",
    ),
    "longitude": (
        (
            r"CASE WHEN regexp_full_match($x, '[+-]?\d{1,3}(\.\d{1,15})?') AND "
            "abs(TRY_CAST($x AS DECIMAL(24,15))) <= 180 "
            "THEN CAST(round(TRY_CAST($x AS DECIMAL(24,15)) * 1000000) AS BIGINT) END"
        ),
        "write degrees from -180 to 180, such as 2.3522",
    ),
    "currency": (
        f"CASE WHEN upper($x) IN ({', '.join(map(repr, sorted(CODES)))}) THEN upper($x) END",
        "write a currency that there is, by its three letters of ISO 4217, such as EUR",
    ),
    "consent": ("CASE WHEN $x IN ('in', 'out') THEN $x END", "write in, out, or nothing"),
}
DECLARED = ("integer", "number", "text", "boolean", "date", "timestamp")
"""The types that a heading may declare behind a colon: `points:integer`."""


class Column(Frozen):
    """A column of a file: where it stands, its name without the declared type, and its type.
    `needed` refuses a row where it is empty."""

    index: int
    name: str
    type: str
    needed: bool = False


def declared(file: str, heading: str) -> tuple[str, str | None]:
    """A heading's name and the type behind its colon, if it has one."""
    name, colon, kind = heading.partition(":")
    if colon and kind not in DECLARED:
        raise Stop(
            f"{file}: column {heading!r} declares an unknown type. Known: {', '.join(DECLARED)}."
        )
    return name, kind or None


def convert(
    session: duckdb.DuckDBPyConnection,
    columns: Sequence[Column],
    cells: Sequence[Sequence[str | None]],
    currency: str | None,
    numbers: Sequence[int] | None = None,
) -> None:
    """Makes the table `made` of rows of text: columns row (0.., or as `numbers` say), v0, v1... in
    the order of `columns`, and reason: why the row cannot be taken, or NULL. `currency` is the one
    of rows that name none; amounts come out in minor units."""
    grid = np.array(cells, dtype=object)
    named = {f"c{n}": np.ascontiguousarray(grid[:, c.index]) for n, c in enumerate(columns)}
    session.register("piece", {"row": np.array(numbers or range(len(cells))), **named})
    session.execute(statement(columns, currency, "piece")).fetchall()
    session.unregister("piece")


def statement(
    columns: Sequence[Column], currency: str | None, piece: str, bare: Sequence[bool] = ()
) -> str:
    """The SQL that makes `made` from `piece`, a relation with row and the texts c0, c1... `bare`
    says of each whether it surely has no white space at its ends."""
    raw = [f"CAST(c{n} AS VARCHAR)" for n in range(len(columns))]
    ends = bare or [False] * len(columns)
    whole = [text if sure else stripped(text) for text, sure in zip(raw, ends, strict=True)]
    texts = ", ".join(f"{text} AS x{n}" for n, text in enumerate(whole))
    money = next((f"upper(x{n})" for n, c in enumerate(columns) if c.type == "currency"), None)
    default = f"'{currency}'" if currency else "NULL"
    known = f"coalesce({money}, {default})" if money else default
    values = ", ".join(
        f"{TYPES[c.type][0].replace('$x', f'x{n}')} AS v{n}" for n, c in enumerate(columns)
    )
    wrong = [problem(n, c) for n, c in enumerate(columns)]
    wrong += [
        f"WHEN x{n} IS NOT NULL AND known IS NULL THEN '{c.name}: an amount needs a currency; "
        "add a column currency, or set currency for this account'"
        for n, c in enumerate(columns)
        if c.type == "money"
    ]
    reasons = " ".join(part for part in (*wrong[len(columns) :], *wrong[: len(columns)]) if part)
    reason = f"CASE {reasons} END" if reasons else "NULL"
    chosen = ", ".join(f"v{n}" for n in range(len(columns)))
    return (
        "CREATE OR REPLACE TEMP TABLE made AS "
        f"WITH texts AS (SELECT row, {texts} FROM {piece}), "
        f"priced AS (SELECT *, {known} AS known FROM texts), "
        f"scaled AS (SELECT *, {scale('known')} AS scale FROM priced), "
        f"valued AS (SELECT *, {values} FROM scaled) "
        f"SELECT row, {chosen}, {reason} AS reason FROM valued"
    )


def stripped(text: str) -> str:
    """The SQL of a text without white space at its ends, and of NULL where that is all. Most texts
    begin and end with a plain character, and cutting takes ten times as long as seeing that."""
    plain = f"ascii({text}) BETWEEN 33 AND 126 AND ascii({text}[-1]) BETWEEN 33 AND 126"
    return f"CASE WHEN {plain} THEN {text} ELSE nullif(trim({text}, {SPACE}), '') END"


def problem(n: int, column: Column) -> str:
    """The SQL branch that says what is wrong with a column's text."""
    name = column.name.replace("'", "''")
    missing = f"WHEN x{n} IS NULL THEN '{name} is missing' " if column.needed else ""
    if column.type == "text":
        return missing
    remedy = TYPES[column.type][1]
    return f"{missing}WHEN x{n} IS NOT NULL AND v{n} IS NULL THEN '{name}: {remedy}'"


def scale(known: str) -> str:
    """The SQL of how many minor units one unit of a currency has."""

    def among(codes: frozenset[str]) -> str:
        return f"{known} IN ({', '.join(repr(code) for code in sorted(codes))})"

    return f"CASE WHEN {among(NO_DIGITS)} THEN 1 WHEN {among(THREE_DIGITS)} THEN 1000 ELSE 100 END"
