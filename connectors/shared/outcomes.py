"""What destinations say of their rows in the same words."""

from collections.abc import Sequence

from personalization.connector import Outcome

NOT_THERE = "not in the destination"
"""The reason of a row about somebody whom the destination does not have."""


def worst(row: int, outcomes: Sequence[Outcome]) -> Outcome:
    """The one outcome of a row with several parts, such as tags."""
    for result in ("refused", "again"):
        for outcome in outcomes:
            if outcome.result == result:
                return outcome
    return Outcome(row=row, result="accepted")
