"""What destinations say of their rows in the same words."""

from collections.abc import Callable, Iterator, Sequence

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


def in_halves(
    permits: Sequence[Permit],
    call: Callable[[Sequence[Permit]], None],
    refused: Callable[[Permit, Rejected], Outcome],
) -> Iterator[Outcome]:
    """One call for all, where each is accepted; where it is refused as a whole its halves, until
    only what is wrong is refused. For destinations that do not say which of many was wrong."""
    waiting = [list(permits)] if permits else []
    while waiting:
        part = waiting.pop()
        try:
            call(part)
        except Rejected as no:
            if len(part) == 1:
                yield refused(part[0], no)
            else:
                half = len(part) // 2
                waiting += [part[half:], part[:half]]
        else:
            yield from (Outcome(row=one.row.id, result="accepted") for one in part)
