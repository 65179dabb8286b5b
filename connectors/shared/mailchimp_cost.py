"""What writing to Mailchimp takes: calls and minutes, with the read-back."""

import math
from collections.abc import Mapping
from itertools import accumulate, takewhile

from connectors.shared import mailchimp_jobs as jobs
from connectors.shared import mailchimp_members as members
from connectors.shared import mailchimp_writes as writes
from connectors.shared.mailchimp_tags import A_CALL
from personalization.connector import Cost

A_JOB = 5_000
"""Operations in one batch. No cap is published; this keeps a request near a megabyte."""
OPERATIONS_A_SECOND = 10
CALL_SECONDS = 0.5
"""Assumed for estimates; neither is published."""


def estimate(
    fields: int, tags: Mapping[str, tuple[int, int]], sends: int, setups: int, posting: bool
) -> Cost:
    """Calls and minutes. Read-back: a page a thousand changed members; a send's is the look-up of
    its event."""
    calls = [cost(fields), cost(sends), cost(sends, reading=True)]
    if posting:
        calls[0] = (math.ceil(fields / writes.BULK), 0, 0.0)
    by_tag = sum(max(math.ceil(n / A_CALL) for n in pair) for pair in tags.values())
    written = sum(one[0] for one in calls) + by_tag + setups
    read = sum(one[1] for one in calls) + (1 if by_tag else 0) + (2 if setups else 0)
    if fields or by_tag:
        most = max(fields, sum(sum(pair) for pair in tags.values()))
        read += math.ceil(most / (members.COUNT - members.SHARED))
    if sends:
        read += 1
    seconds = sum(one[2] for one in calls) + (written + read) * CALL_SECONDS
    return Cost(writes=written, reads=read, minutes=round(seconds / 60, 1))


def cost(operations: int, reading: bool = False) -> tuple[int, int, float]:
    """(writes, reads, seconds) of so many operations. Starting a job counts as a write."""
    if operations < jobs.FEW:
        return (0, operations, 0.0) if reading else (operations, 0, 0.0)
    count = math.ceil(operations / A_JOB)
    took = min(operations, A_JOB) / OPERATIONS_A_SECOND
    polls = 1 + sum(1 for _ in takewhile(lambda waited: waited < took,
                                         accumulate(jobs.waits(), initial=0.0)))  # fmt: skip
    return count, count * (polls + 1), operations / OPERATIONS_A_SECOND
