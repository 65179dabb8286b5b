"""What destinations say of their rows in the same words."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from connectors.shared.http import Rejected
from personalization.connector import Outcome
from personalization.consent import Permit

NOT_THERE = "not in the destination"
"""The reason of a row about somebody whom the destination does not have."""


def worst(row: int, outcomes: Sequence[Outcome]) -> Outcome:
    """The one outcome of a row with several parts, such as tags."""
    for result in ("refused", "again"):
        for outcome in outcomes:
            if outcome.result == result:
                return outcome
    return Outcome(row=row, result="accepted")


def in_parts[Row, Told](
    rows: Sequence[Row],
    call: Callable[[Sequence[Row]], Iterable[Told]],
    refused: Callable[[Sequence[Row], Rejected], tuple[Iterable[Told], Sequence[Sequence[Row]]]],
) -> Iterator[Told]:
    """What one call for all says; where it is refused as a whole, what `refused` makes of that: what
    is said at once, and the parts that are tried by a call each."""
    waiting = [rows] if rows else []
    while waiting:
        part = waiting.pop()
        try:
            told = call(part)
        except Rejected as no:
            told, parts = refused(part, no)
            waiting += reversed(parts)
        yield from told


def halves[Row](part: Sequence[Row]) -> list[Sequence[Row]]:
    """The parts to try where nobody says which of many was wrong; none where it is one alone."""
    half = len(part) // 2
    return [part[:half], part[half:]] if half else []


def in_halves(
    permits: Sequence[Permit],
    call: Callable[[Sequence[Permit]], None],
    refused: Callable[[Permit, Rejected], Outcome],
) -> Iterator[Outcome]:
    """One call for all, where each is accepted; where it is refused as a whole its halves, until
    only what is wrong is refused."""

    def made(part: Sequence[Permit]) -> list[Outcome]:
        call(part)
        return [Outcome(row=one.row.id, result="accepted") for one in part]

    def no(part: Sequence[Permit], why: Rejected) -> tuple[list[Outcome], list[Sequence[Permit]]]:
        return [refused(one, why) for one in part[:1] if len(part) == 1], halves(part)

    yield from in_parts(permits, made, no)
