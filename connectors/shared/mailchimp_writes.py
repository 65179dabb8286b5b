"""Fields and sends as operations, and what their results mean for the outbox."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from connectors.shared.mailchimp_api import Api, Operation, Result
from connectors.shared.mailchimp_jobs import carry_out, wait_for_all
from connectors.shared.moments import seconds
from connectors.shared.outcomes import NOT_THERE
from personalization.connector import Outcome, Started
from personalization.consent import Permit
from personalization.errors import Retry, Stop

KEY = "ofone_key"
"""The property of a member event that carries the send's key, by which it is looked up."""
BULK = 500


def field_operation(api: Api, permit: Permit) -> Operation:
    """PATCH of a member's merge fields and nothing else: it cannot create or subscribe anyone.
    Fields that the audience requires and this member lacks are no reason to refuse ours."""
    return Operation(
        id=str(permit.row.id), method="PATCH", path=api.path("members", permit.outside_id),
        params={"skip_merge_validation": "true"},
        body={"merge_fields": merge_fields(permit)},
    )  # fmt: skip


def merge_fields(permit: Permit) -> dict[str, str]:
    """The values to write, by merge tag."""
    return {name: as_text(value) for name, value in permit.row.new.items()}


def send_operation(api: Api, permit: Permit) -> Operation:
    """POST of a member event, which starts what the marketer built on that event's name. `new`
    is {event, message, properties}; everything in an event's properties is text."""
    new = permit.row.new
    properties = {name: as_text(value) for name, value in (new.get("properties") or {}).items()}
    if new.get("message"):
        properties["message"] = as_text(new["message"])
    properties[KEY] = as_text(permit.row.key or permit.row.id)
    body: dict[str, Any] = {
        "name": new["event"], "properties": properties, "is_syncing": False
    }  # fmt: skip
    if permit.row.moment is not None:
        body["occurred_at"] = seconds(permit.row.moment)
    return Operation(
        id=str(permit.row.id), method="POST", path=api.path("members", permit.outside_id, "events"),
        body=body,
    )  # fmt: skip


def as_text(value: Any) -> str:
    """A value as text; nothing is empty text, which clears a field."""
    return "" if value is None else str(value)


def write_fields(
    api: Api, permits: Sequence[Permit], size: int, deadline: float
) -> Iterator[Started | Outcome]:
    """Fields, which may be written twice without harm."""
    for group in batched(permits, size, strict=False):
        operations = [field_operation(api, permit) for permit in group]
        for told in carry_out(api, operations, once=False, deadline=deadline):
            yield told if isinstance(told, Started) else judged(*told)


def write_sends(
    api: Api, permits: Sequence[Permit], size: int, deadline: float
) -> Iterator[Started | Outcome]:
    """Sends, which must not happen twice: whatever nobody knows of is looked up, and only what
    left no trace may be tried again."""
    unsure: list[Permit] = []
    rows = {str(permit.row.id): permit for permit in permits}
    for group in batched(permits, size, strict=False):
        operations = [send_operation(api, permit) for permit in group]
        for told in carry_out(api, operations, once=True, deadline=deadline):
            if isinstance(told, Started):
                yield told
            elif told[1].status is None or told[1].status >= 500:
                unsure.append(rows[told[0]])
            else:
                yield judged(*told)
    if unsure:
        happened = look_up(api, unsure, deadline)
        for permit in unsure:
            done = happened[permit.row.id]
            yield Outcome(
                row=permit.row.id, result="accepted" if done else "again",
                reason=None if done else "no answer, and no trace of it",
            )  # fmt: skip


def judged(id: str, result: Result) -> Outcome:
    """An operation's result as the outcome of its row."""
    row, status = int(id), result.status
    if status is None or status in {408, 429} or status >= 500:
        return Outcome(row=row, result="again", reason=f"HTTP {status}" if status else "no result")
    if status < 300:
        return Outcome(row=row, result="accepted")
    if status in {404, 405}:
        return Outcome(row=row, result="refused", reason=NOT_THERE)
    return Outcome(row=row, result="refused", reason=f"{status} {result.reason}")


def look_up(api: Api, permits: Sequence[Permit], deadline: float) -> dict[int, bool]:
    """Whether each send's event is there. Jobs still running come first: what they are about to
    do would else be taken for not done. Raises Retry where a member's events cannot be read."""
    wait_for_all(api, deadline)
    params = {"count": "1000", "fields": "events.properties,total_items"}
    operations = [
        Operation(id=str(permit.row.id), method="GET", params=params,
                  path=api.path("members", permit.outside_id, "events"))
        for permit in permits
    ]  # fmt: skip
    rows = {str(permit.row.id): permit for permit in permits}
    found: dict[int, bool] = {}
    for told in carry_out(api, operations, once=False, deadline=deadline):
        if isinstance(told, Started):
            continue
        permit, result = rows[told[0]], told[1]
        if result.status not in {200, 404}:
            raise Retry(f"{api.wire.place}: a member's events cannot be read now")
        found[permit.row.id] = result.status == 200 and has_event(result.body, permit)
    return found


def has_event(body: Mapping[str, Any], permit: Permit) -> bool:
    """Whether a member's events show the send's key."""
    key = as_text(permit.row.key or permit.row.id)
    return any((event.get("properties") or {}).get(KEY) == key for event in body.get("events", ()))


def post_fields(api: Api, permits: Sequence[Permit]) -> Iterator[Outcome]:
    """Fields by POST /lists, 500 members a call, without any status. Only for accounts that turn
    it on: that the real API then leaves everyone's status alone has not been verified. Raises
    Stop if an answer says that somebody was created."""
    for group in batched(permits, BULK, strict=False):
        members = [
            {"email_address": permit.email, "merge_fields": merge_fields(permit)}
            for permit in group
            if permit.email
        ]
        body = {"members": members, "update_existing": True}
        answer: dict[str, Any] = {}
        if members:
            answer = api.call(
                api.lists.batch_list_members, api.audience, body, skip_merge_validation=True
            )
        if answer.get("total_created") or answer.get("new_members"):
            raise Stop(f"{api.wire.place}: POST /lists created a member. Set bulk to batches.")
        wrong = {str(error.get("email_address", "")).lower() for error in answer.get("errors", ())}
        for permit in group:
            refused = not permit.email or permit.email.lower() in wrong
            yield Outcome(
                row=permit.row.id, result="refused" if refused else "accepted",
                reason="refused by POST /lists" if refused else None,
            )  # fmt: skip
