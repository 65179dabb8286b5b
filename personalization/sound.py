"""What a connector gives, made sound before it is believed: a pull that goes in a circle ends, a row
that no store can hold is set aside beside the others, a row has one outcome, and a connector that
fails in some way of its own says where, and of whom nothing."""

import json
import traceback
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from personalization.arrival import Arrival
from personalization.connector import Destination, Outcome, Page, SetAside, Source, Started
from personalization.consent import Permit
from personalization.errors import ProductError, Retry, Stop
from personalization.hashing import canonical
from personalization.models import DAY, Event, Frozen, Micros, Product, Record

MOST_AGAIN = 50
"""Pages that bring nothing but what an earlier page of the same pull brought, without a new one
between them."""
MOST_BARREN = 10_000
"""Pages in a row that bring nothing new at all, as where a connector walks through days on which
nothing was."""
UNFIT = (UnicodeError, OverflowError, TypeError, ValueError, RecursionError)
"""What storing raises for values that it cannot hold."""
LONG_AGO = 7_305 * DAY
"""The year 1990: a moment before it is one that was not set."""
LARGEST = 2**63


def place(connector: Source | Destination) -> str:
    """A connector's account, as messages name it."""
    return f"{connector.name}/{connector.account}"


def progressing(pages: Iterable[Page], where: str) -> Iterator[Page]:
    """The pages of a pull. Raises Retry where they go in a circle, Stop for what is no page and for
    an error that the connector did not make on purpose."""
    seen: set[int] = set()
    again = barren = 0
    for page in unbroken(pages, where, "being read"):
        if not isinstance(page, Page):
            raise Stop(f"{where}: its pull gave {type(page).__name__} instead of a page. Its "
                       "connector is wrong: docs/connectors.md says what a pull gives.")  # fmt: skip
        rows = content(page)
        mark = hash(rows or page.cursor)
        again, barren = again + (mark in seen), barren + 1
        if rows and mark not in seen:
            again = barren = 0
        if again >= MOST_AGAIN or barren >= MOST_BARREN:
            raise Retry(f"{where}: the same pages come again and again. What came before is kept. If "
                        "it stays so, the other side's paging is broken, or its connector.", 60)  # fmt: skip
        seen.add(mark)
        yield page


def content(page: Page) -> tuple[Hashable, ...]:
    """What tells a page's rows from others; nothing where it has none."""
    rows = (
        tuple((one.alias, one.changed_at) for one in page.records),
        tuple(sorted(page.tagged.items())),
        tuple((one.key, one.occurred_at) for one in page.events),
        tuple((one.key, one.occurred_at) for one in page.arrivals),
        tuple((one.id, one.name, one.price, one.in_stock) for one in page.products),
        tuple((one.place, one.body) for one in page.set_aside),
    )
    return rows if any(rows) else ()


def unbroken[T](given: Iterable[T], where: str, doing: str) -> Iterator[T]:
    """The same, with errors that the connector did not make on purpose as Stop. Their own text may
    name persons, so only their kind and their place in the code are told."""
    try:
        yield from given
    except ProductError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a connector raises, in its place
        raised = traceback.extract_tb(error.__traceback__)[-1]
        line = f"{Path(raised.filename).name}:{raised.lineno}"
        raise Stop(f"{where}: its connector failed while {doing} ({type(error).__name__}, {line}). "
                   "What came before is kept. Report this.") from None  # fmt: skip


def fitting[T](keep: Callable[[Page], T], page: Page, where: str) -> T:
    """What `keep` makes of a page; where the page as a whole cannot be kept, of what of it can be,
    the rest set aside. Raises Stop where even that cannot be."""
    try:
        return keep(page)
    except UNFIT:
        pass  # Most pages are fit, so only one that is not is looked through.
    try:
        return keep(fit(page, where))
    except UNFIT as error:
        raise Stop(f"{where}: a page cannot be kept ({type(error).__name__}). Its connector is wrong; "
                   "what came before is kept.") from None  # fmt: skip


def fit(page: Page, where: str) -> Page:
    """A page of rows that can be kept. Raises Stop for a cursor that cannot."""
    if not storable(page.cursor):
        raise Stop(f"{where}: a page's cursor cannot be kept. Its connector is wrong; what came "
                   "before is kept.")  # fmt: skip
    aside = [one for one in page.set_aside if can_be_kept(one)]
    aside += [unkept(one, where, one.place) for one in page.set_aside if not can_be_kept(one)]
    tags = kept([Tagged(*one) for one in page.tagged.items()], where, aside)
    return page.model_copy(update={
        "records": kept(page.records, where, aside), "events": kept(page.events, where, aside),
        "arrivals": kept(page.arrivals, where, aside),
        "products": kept(page.products, where, aside), "set_aside": tuple(aside),
        "tagged": {one.alias: one.tags for one in tags},
    })  # fmt: skip


class Tagged(NamedTuple):
    """A record's tags, of which nothing else was asked."""

    alias: str
    tags: tuple[str, ...]


Row = Frozen | Arrival | Tagged


def kept[Kind: Record | Event | Arrival | Product | Tagged](
    rows: Sequence[Kind], where: str, aside: list[SetAside]
) -> tuple[Kind, ...]:
    """The rows that can be kept; the others go to `aside`."""
    good = [row for row in rows if can_be_kept(row)]
    aside += [unkept(row, where, f"{type(row).__name__.lower()} {number}")
              for number, row in enumerate(rows, 1) if not can_be_kept(row)]  # fmt: skip
    return tuple(good)


def can_be_kept(row: Row) -> bool:
    """Whether a store can hold a row: texts in UTF-8, numbers in 64 bits, all else as JSON, in which
    it mends texts itself."""
    return all(storable(value) for value in parts_of(row).values())


def parts_of(row: Row) -> dict[str, Any]:
    """What a row consists of, by name."""
    return vars(row) if isinstance(row, Frozen) else row._asdict()


def storable(value: object) -> bool:
    """Whether one value can be held."""
    if isinstance(value, int):
        return -LARGEST <= value < LARGEST
    try:
        text = (
            canonical(value) if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)
        )
        text.encode()
    except UNFIT:
        return False
    return True


def unkept(row: Row, where: str, what: str) -> SetAside:
    """A row for the dead letters, written so that it can be kept."""
    what = what if storable(what) else "a row"
    wrong = ", ".join(name for name, value in parts_of(row).items() if not storable(value))
    return SetAside(place=f"{where} {what}", reason=f"{where}: {what} cannot be kept: {wrong}",
                    body=json.dumps(parts_of(row), default=repr))  # fmt: skip


def when(changed_at: Micros, now: Micros) -> Micros:
    """When what a record shows was so at the latest: as it says, unless its clock is ahead, or says
    nothing. Else an opt-in from the future would outlive every opt-out until then, and an opt-out
    from 1970 would come before every opt-in."""
    return changed_at if LONG_AGO <= changed_at <= now else now


def heard(
    told: Iterable[object], permits: Sequence[Permit], where: str
) -> Iterator[Started | Outcome]:
    """What a destination says of some rows, one outcome a row. Where it says two things of one row,
    none is believed: the row stays sent, and what became of it is looked for. Raises Stop, after
    the outcomes, where it speaks of rows that it was not given."""
    asked = {one.row.id for one in permits}
    said: dict[int, Outcome] = {}
    doubted: set[int] = set()
    strange = 0
    failed: ProductError | None = None
    try:
        for one in unbroken(told, where, "being written to"):
            if isinstance(one, Started):
                yield one
            elif not isinstance(one, Outcome) or one.row not in asked:
                strange += 1
            elif said.setdefault(one.row, one).result != one.result:
                doubted.add(one.row)
    except ProductError as error:
        failed = error
    yield from (one for row, one in said.items() if row not in doubted)
    if failed:
        raise failed
    if strange:
        raise Stop(f"{where}: it answered for {strange} rows that it was not given. Its connector is "
                   "wrong. Nothing was done about these; the others are kept.")  # fmt: skip
