"""Local time from the time zone database, in UTC microseconds and exact integers.

A local day begins at the first instant whose wall clock shows that day's midnight, or, where
the clock jumps over midnight, at the jump. Days begin in order by this definition even where a
clock is set back across midnight. All functions are pure; instants outside the years 1 to 9999
are taken as the nearest inside.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from personalization.models import DAY, Micros

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = int(datetime(1, 1, 3, tzinfo=UTC).timestamp()) * 1_000_000
LATEST = int(datetime(9999, 12, 29, tzinfo=UTC).timestamp()) * 1_000_000
MICRO = timedelta(microseconds=1)


@lru_cache(maxsize=1024)
def valid(name: str) -> bool:
    """Whether the time zone database knows this name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def moment(at: Micros) -> datetime:
    """An instant as an aware datetime in UTC."""
    return EPOCH + timedelta(microseconds=min(max(at, EARLIEST), LATEST))


def offset(zone: str, at: Micros) -> Micros:
    """How far the zone's wall clock is ahead of UTC at an instant."""
    shift = moment(at).astimezone(ZoneInfo(zone)).utcoffset()
    return 0 if shift is None else shift // MICRO


def change(zone: str, low: Micros, high: Micros) -> Micros:
    """The first instant in (low, high] with high's offset, where there is one change between."""
    after = offset(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if offset(zone, middle) == after else (middle, high)
    return high


def day_start(zone: str, day: date) -> Micros:
    """The instant at which a local day begins."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    first = (midnight.astimezone(UTC) - EPOCH) // MICRO
    wall = (midnight.replace(tzinfo=UTC) - EPOCH) // MICRO
    if first + offset(zone, first) == wall:
        return first
    # The clock jumps over midnight: the other reading of it lies before the jump.
    other = (midnight.replace(fold=1).astimezone(UTC) - EPOCH) // MICRO
    return change(zone, min(first, other) - 1, max(first, other))


def today(zone: str, at: Micros) -> date:
    """The local day that an instant belongs to: the last one begun by then."""
    day = moment(at).astimezone(ZoneInfo(zone)).date()
    following = day + timedelta(days=1)
    return following if day_start(zone, following) <= at else day


def window_start(zone: str, at: Micros, days: int) -> Micros:
    """Where "today and the days - 1 before it" begins, seen from an instant."""
    return _day_start(zone, today(zone, at) - timedelta(days=days - 1))


def next_midnight(zone: str, at: Micros) -> Micros:
    """Where the local day after the one of `at` begins; always later than `at`."""
    day = today(zone, at) + timedelta(days=1)
    while _day_start(zone, day) <= at:
        day += timedelta(days=1)
    return _day_start(zone, day)


_day_start = lru_cache(maxsize=65536)(day_start)

SPAN = 28 * DAY
"""Offsets are tabled by spans of this length, counted from the epoch."""


@lru_cache(maxsize=65536)
def offsets(zone: str, span: int) -> tuple[tuple[Micros, Micros, Micros], ...]:
    """The zone's offsets within span number `span`: (from, until, offset), until excluded, in
    order. No zone on record changes twice within a day, so a look a day misses nothing."""
    begin, end = span * SPAN, (span + 1) * SPAN
    pieces = []
    since, current = begin, offset(zone, begin)
    for at in range(begin + DAY, end + 1, DAY):
        found = offset(zone, at)
        if found == current:
            continue
        turn = change(zone, at - DAY, at)
        if turn >= end:
            break
        pieces.append((since, turn, current))
        since, current = turn, found
    return (*pieces, (since, end, current))
