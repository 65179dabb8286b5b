"""Sends that start a step of a customer journey, for one contact a call; many go as one job.

The API takes the contact's address and offers no way to ask who has entered. So a start happens at
most once: whatever nobody knows of is uncertain and listed, unless the results of its job, by
which many go out, still tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched

from connectors.shared.mailchimp_api import Api, Operation, Result
from connectors.shared.mailchimp_jobs import carry_out, results, wait
from personalization.connector import Outcome, Started
from personalization.consent import Permit
from personalization.errors import Retry, Stop

UNKNOWN = "no answer, and Mailchimp offers no look-up of journeys"


def write_journeys(
    api: Api, permits: Sequence[Permit], journeys: Mapping[str, str], size: int, deadline: float
) -> Iterator[Started | Outcome]:
    """Starts each contact's step; `journeys` names it by trigger as "journey/step"."""
    able: list[Permit] = []
    for permit in permits:
        if why := unable(permit, journeys):
            yield Outcome(row=permit.row.id, result="refused", reason=why)
        else:
            able.append(permit)
    for group in batched(able, size, strict=False):
        yield from start([operation(permit, journeys) for permit in group], api, deadline)


def unable(permit: Permit, journeys: Mapping[str, str]) -> str | None:
    """Why a step cannot be started, or None."""
    trigger = str(permit.row.new.get("trigger"))
    if trigger not in journeys:
        return f"the settings name no journey step for {trigger}: add it to journeys"
    return None if permit.email else "no address to start a journey with"


def operation(permit: Permit, journeys: Mapping[str, str]) -> Operation:
    """The call that starts a step."""
    journey, _, step = journeys[str(permit.row.new["trigger"])].partition("/")
    return Operation(
        id=str(permit.row.id), method="POST", body={"email_address": permit.email},
        path=f"/customer-journeys/journeys/{journey}/steps/{step}/actions/trigger",
    )  # fmt: skip


def start(
    operations: Sequence[Operation], api: Api, deadline: float
) -> Iterator[Started | Outcome]:
    """The outcomes. Calls that were never made may be tried again, and so end no others."""
    left = dict.fromkeys(one.id for one in operations)
    in_job = False
    try:
        for told in carry_out(api, operations, once=True, deadline=deadline):
            if isinstance(told, Started):
                in_job = True
                yield told
            else:
                left.pop(told[0], None)
                yield judged(*told)
    except (Retry, Stop) as error:
        if in_job:
            raise
        for id in left:
            yield Outcome(
                row=int(id), result="untried", reason="not tried: Mailchimp could not be asked"
            )
        if isinstance(error, Stop):
            raise


def judged(id: str, result: Result) -> Outcome:
    """What an answer means. Too many calls and wrong ones did nothing; no answer, and an error of
    the server's own, may have."""
    row, status = int(id), result.status
    if status is None or status == 408 or status >= 500:
        return Outcome(row=row, result="uncertain", reason=UNKNOWN)
    if status < 300:
        return Outcome(row=row, result="accepted")
    if status == 429:
        return Outcome(row=row, result="again", reason="HTTP 429")
    return Outcome(row=row, result="refused", reason=f"{status} {result.reason}")


def job_tells(api: Api, permits: Sequence[Permit], deadline: float) -> dict[int, bool | None]:
    """What the results of their jobs say of sends that a killed apply left behind. Only a first
    try's job can say that nothing happened: a later one may have had no reference yet."""
    found: dict[int, bool | None] = {permit.row.id: None for permit in permits}
    for reference in sorted({permit.row.call for permit in permits if permit.row.call}):
        said = results(api, wait(api, reference, deadline))
        for permit in permits:
            status = said[str(permit.row.id)].status if str(permit.row.id) in said else None
            if permit.row.call != reference or status is None:
                continue
            if status < 300:
                found[permit.row.id] = True
            elif status < 500 and status != 408 and permit.row.attempt == 0:
                found[permit.row.id] = False
    return found
