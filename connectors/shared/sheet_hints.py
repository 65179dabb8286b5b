"""What looks mistyped in a folder's files, and what may be meant. Nothing is refused for it: a
column or a kind of event that is near to a known one may be somebody's own."""

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import duckdb

from connectors.shared.cells import declared
from connectors.shared.sheets import SAME, SHEETS, Sheet, files_in
from connectors.shared.table import Table, open_table
from personalization.errors import Stop
from personalization.models import Frozen

NEAR = 0.75
MOST, BYTES = 1_000_000, 200_000_000
"""Kinds are counted in so many rows of a file, and in the newest files that are so large together:
whoever adds a file a night does not wait for those of years."""
CONSENT = frozenset(["accepts_marketing", "email_consent", "marketing", "marketing_consent",
                     "newsletter", "opt_in", "optin", "subscribed"])  # fmt: skip
SAME_KINDS = {"purchase": "order", "sale": "order", "return": "refund", "rating": "feedback",
              "review": "feedback", "survey": "feedback", "add_to_cart": "cart",
              "page_view": "visit", "pageview": "visit", "product_view": "view"}  # fmt: skip
UNKNOWN = {
    "contacts": "kept as a fact about the person",
    "events": "kept as a property of the event",
}


class Known(Frozen):
    """What a playbook knows: kinds of events, and the attributes and properties that it reads."""

    kinds: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()


def hints(folder: Path, known: Known) -> list[str]:
    """Everything in a folder that looks mistyped, a sentence each. What cannot be read at all is
    the pull's to tell of: there is no hint in it."""
    found: list[str] = []
    try:
        files = files_in(folder)
        with duckdb.connect(config={"threads": 2, "memory_limit": "500MB"}) as engine:
            for kind, paths in files.items():
                tables = [open_table(path, engine) for path in paths]
                named = [[declared(table.path.name, heading)[0] for heading in table.columns]
                         for table in tables]  # fmt: skip
                there = {name for names in named for name in names}
                read = newest(paths)
                for table, names in zip(tables, named, strict=True):
                    found += headings(SHEETS[kind], table, names, there, known)
                    if kind == "events" and table.path in read:
                        found += kinds(engine, table, known.kinds)
    except (Stop, OSError, duckdb.Error):
        return found
    return found


def newest(paths: Sequence[Path]) -> set[Path]:
    """The newest of some files, the last one whatever its size."""
    found, size = set[Path](), 0
    for path in sorted(paths, key=lambda one: one.stat().st_mtime_ns, reverse=True):
        if size < BYTES:
            found.add(path)
        size += path.stat().st_size
    return found


def headings(
    sheet: Sheet, table: Table, names: Sequence[str], there: Collection[str], known: Known
) -> Iterator[str]:
    """The columns of one file that are near to one that is known and not there."""
    read = {"contacts": known.attributes, "events": known.properties}.get(sheet.name, ())
    for name in names:
        if name in sheet.known or name in read or name.startswith("consent."):
            continue
        missing = [one for one in read if one not in there]
        meant, known_by = meant_by(sheet, name, names), ""
        if meant is None:
            meant, known_by = close(name, missing), " The playbook reads that."
        if meant:
            becomes = UNKNOWN.get(sheet.name, "not read")
            yield (f"{table.path.name}: column {name!r} is {becomes}; did you mean {meant!r}?"
                   f"{known_by}")  # fmt: skip


def meant_by(sheet: Sheet, name: str, names: Sequence[str]) -> str | None:
    """The known column that a name is near to, where the file has none of that name."""
    plain = name.lower().replace(" ", "_").replace("-", "_")
    free = [one for one in sheet.known if one not in names]
    agreed = sheet.name == "contacts" and not any(one.startswith("consent.") for one in names)
    if agreed and (plain in CONSENT or close(plain.split(".")[0], ["consent"])):
        return "consent.email.marketing"
    same = SAME[sheet.name].get(plain, plain)
    return same if same in free else close(plain, free)


def kinds(engine: duckdb.DuckDBPyConnection, table: Table, known: Sequence[str]) -> Iterator[str]:
    """Kinds of events that are near to a known one."""
    if "kind" not in table.columns:
        return
    path = str(table.path)
    reading, values = "read_parquet(?)", [path]
    if table.format == "csv":
        reading = "read_csv(?, delim = ?, header = true, all_varchar = true, ignore_errors = true)"
        values.append(table.delimiter)
    counted = engine.execute(
        f"SELECT trim(kind), COUNT(*) FROM (SELECT kind FROM {reading} LIMIT {MOST}) "
        "WHERE kind IS NOT NULL GROUP BY 1 ORDER BY 1", values,
    ).fetchall()  # fmt: skip
    for kind, count in counted:
        plain = kind.lower().replace(" ", "_").replace("-", "_")
        meant = SAME_KINDS.get(plain) or close(plain, known)
        if kind not in known and meant:
            times = "once" if count == 1 else f"{count:,} times"
            yield f"{table.path.name}: kind {kind!r} is used {times}; did you mean {meant!r}?"


def close(name: str, known: Sequence[str]) -> str | None:
    """The nearest of some names, if any is near."""
    return next(iter(get_close_matches(name, known, n=1, cutoff=NEAR)), None)
