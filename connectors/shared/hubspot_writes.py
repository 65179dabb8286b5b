"""Values of our properties, written by record id: an update of somebody who is not there is an
error, where an upsert would create them."""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

from connectors.shared.http import Rejected
from connectors.shared.hubspot_api import Api, Refused, reason_of
from connectors.shared.hubspot_contacts import by_id
from connectors.shared.moments import micros
from connectors.shared.ours import property_name
from connectors.shared.outcomes import NOT_THERE, halves, in_parts
from personalization.connector import Outcome
from personalization.consent import Permit
from personalization.models import Micros

A_CALL = 100
PASSING = frozenset({"INTERNAL_ERROR", "RATE_LIMIT", "RATE_LIMITS", "LOCKED", "CONFLICT"})
"""Categories of errors in a 207 that pass by themselves."""


def write_fields(
    api: Api, permits: Sequence[Permit], unread: dict[str, Micros | None]
) -> Iterator[Outcome]:  # fmt: skip
    """Writes values, "" clears. Every input carries its row as a trace id, by which results and
    errors are matched, and without which one wrong input refuses all."""
    for group in in_calls(permits):
        yield from update(api, group, unread)


def in_calls(permits: Sequence[Permit]) -> Iterator[tuple[Permit, ...]]:
    """Groups of at most a hundred; no record is twice in one, which would refuse it all."""
    left = list(permits)
    while left:
        first: dict[str, Permit] = {}
        again = [one for one in left if first.setdefault(one.outside_id, one) is not one]
        yield from batched(first.values(), A_CALL, strict=False)
        left = again


def update(
    api: Api, group: Sequence[Permit], unread: dict[str, Micros | None]
) -> Iterator[Outcome]:
    """One call, and where it is refused as a whole, those whose properties are named as wrong, or
    its halves: so that only what is wrong is refused."""

    def call(some: Sequence[Permit]) -> Iterator[Outcome]:
        body = {"inputs": [input_of(permit) for permit in some]}
        return outcomes(api, some, api.read("results", api.batch.update, body), unread)

    yield from in_parts(group, call, refused)


def refused(group: Sequence[Permit], no: Rejected) -> tuple[list[Outcome], list[Sequence[Permit]]]:
    """What is refused at once, and the parts to try by themselves."""
    wrong = unknown_properties(no)
    bad = [one for one in group if wrong & {property_name(name) for name in one.row.new}]
    bad = bad or list(group[:1] if len(group) == 1 else ())
    told = [Outcome(row=one.row.id, result="refused", reason=no.said) for one in bad]
    rest = [one for one in group if one not in bad]
    return told, ([rest] if rest else []) if bad else halves(group)


def input_of(permit: Permit) -> dict[str, Any]:
    """One input."""
    values = {
        property_name(name): "" if value is None else str(value)
        for name, value in permit.row.new.items()
    }
    return {
        "id": permit.outside_id, "properties": values, "objectWriteTraceId": str(permit.row.id)
    }  # fmt: skip


def unknown_properties(no: Rejected) -> set[str]:
    """Properties that a refusal says are not there, or cannot be written."""
    body = no.body if isinstance(no, Refused) else {}
    return {
        str(name)
        for error in body.get("errors") or ()
        if error.get("code") in {"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"}
        for name in (error.get("context") or {}).get("propertyName") or ()
    }


def outcomes(
    api: Api, group: Sequence[Permit], answer: dict[str, Any], unread: dict[str, Micros | None]
) -> Iterator[Outcome]:
    """What an answer says of each row. Of ids that are not there some portals say nothing at
    all: these are asked for."""
    done = results(answer)
    wrong = errors(answer)
    silent: list[Permit] = []
    for one in group:
        marks = (f"row {one.row.id}", f"id {one.outside_id}")
        result = next((done[mark] for mark in marks if mark in done), None)
        error = next((wrong[mark] for mark in marks if mark in wrong), None)
        if result is not None:
            told = result.get("updatedAt")
            unread[one.outside_id] = micros(told) if told else None
            yield Outcome(row=one.row.id, result="accepted")
        elif error is not None:
            yield judged(one, error)
        else:
            silent.append(one)
    if silent:
        rows = by_id(api, tuple(one.outside_id for one in silent), ["hs_object_id"])
        there = {str(row["id"]) for row in rows}
        for one in silent:
            known = one.outside_id in there
            yield Outcome(
                row=one.row.id, result="again" if known else "refused",
                reason="the answer says nothing of it" if known else NOT_THERE,
            )  # fmt: skip


def results(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Results by row and by record id."""
    found = {}
    for result in answer["results"]:
        found[f"id {result['id']}"] = result
        if result.get("objectWriteTraceId"):
            found[f"row {result['objectWriteTraceId']}"] = result
    return found


def errors(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Errors of a 207 by row and by record id."""
    found = {}
    for error in answer.get("errors") or ():
        context = error.get("context") or {}
        traces = context.get("objectWriteTraceId") or ()
        for trace in [traces] if isinstance(traces, str) else traces:
            found[f"row {trace}"] = error
        for id in context.get("ids") or context.get("id") or ():
            found[f"id {id}"] = error
    return found


def judged(one: Permit, error: dict[str, Any]) -> Outcome:
    """One error as an outcome."""
    category = str(error.get("category"))
    if category == "OBJECT_NOT_FOUND":
        return Outcome(row=one.row.id, result="refused", reason=NOT_THERE)
    again = category in PASSING
    return Outcome(
        row=one.row.id, result="again" if again else "refused", reason=reason_of(error, quiet=True)
    )
