"""Batches: jobs of many operations, each run through the same handlers as a call of its own.

A job runs in the background of the real API. Here each later call of the client is a step of the
oldest unfinished job, so that a client that polls sees it go on, and one that died and came back
finds it done; moving the clock finishes all. The number of steps comes from the seed.
"""

from typing import Any
from urllib.parse import urlsplit

from connectors.sandbox.clock import iso
from connectors.sandbox.failures import fraction
from connectors.sandbox.mailchimp.state import Account, Batch, Operation
from connectors.sandbox.mailchimp.wire import (
    Answer,
    Problem,
    Request,
    body_of,
    invalid,
    known,
    missing,
    page,
)

MOST_PENDING = 500
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_KINDS = {
    "method": "string",
    "path": "string",
    "params": "object",
    "body": "string",
    "operation_id": "string",
}


def submit(account: Account, request: Request, seed: int, polls: tuple[int, int]) -> Answer:
    """POST. Bodies are JSON in a string; operation ids are the only way to tell results apart."""
    body = body_of(request, {"operations": "array"}, ("operations",))
    if not body["operations"]:
        raise invalid(("operations", "This value should not be blank."))
    operations = [_operation(number, row) for number, row in enumerate(body["operations"])]
    if sum(not batch.finished for batch in account.batches.values()) >= MOST_PENDING:
        raise Problem(
            429, "Too Many Requests", f"You have exceeded the limit of {MOST_PENDING} batches."
        )
    account.batches_made += 1
    number = account.batches_made
    low, high = polls
    steps = low + int(fraction(seed, "polls", number) * (high - low + 1))
    batch_id = f"{int(fraction(seed, 'batch', number) * 16**10):010x}"
    moment = request.recorder.tick()
    batch = Batch(batch_id, moment, operations, steps)
    account.batches[batch.id] = batch
    request.recorder.record(
        "batch_submitted",
        lambda: account.batches.pop(batch.id),
        name=batch.id,
        after={"operations": len(operations)},
    )
    return Answer(200, view(batch, request.base, moment))


def _operation(number: int, row: Any) -> Operation:
    at = f"operations.item:{number}."
    kept = known(row, _KINDS, ("method", "path"), at)
    if kept["method"] not in METHODS:
        raise invalid((at + "method", "Data presented is not one of the accepted values."))
    params = {str(key): _text(value) for key, value in kept.get("params", {}).items()}
    path = "/" + urlsplit(kept["path"]).path.lstrip("/")
    return Operation(kept["method"], path, kept.get("operation_id"), params, kept.get("body"))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def status(batch: Batch) -> str:
    """pending, started once a part is done, finished."""
    if batch.finished:
        return "finished"
    return "started" if batch.stepped else "pending"


def view(batch: Batch, base: str, now: int) -> dict[str, Any]:
    """A job as the API shows it. Its result's address is new at each look and soon ends."""
    done = [op for op in batch.operations if op.status_code]
    url = f"{base}/_batch-results/{batch.id}-{now // 10**6}.tar.gz"
    return {
        "id": batch.id,
        "status": status(batch),
        "total_operations": len(batch.operations),
        "finished_operations": len(done),
        "errored_operations": sum(op.status_code >= 400 for op in done),
        "submitted_at": iso(batch.submitted_at),
        "completed_at": iso(batch.completed_at) if batch.completed_at else "",
        "response_body_url": url if batch.finished else "",
        "_links": [],
    }


def _batch_of(account: Account, request: Request) -> Batch:
    batch = account.batches.get(request.ids["batch"])
    if batch is None:
        raise missing()
    return batch


def get_batch(account: Account, request: Request) -> Answer:
    """GET the state of one job."""
    batch = _batch_of(account, request)
    return Answer(200, view(batch, request.base, request.recorder.tick()))


def list_batches(account: Account, request: Request) -> Answer:
    """GET all jobs, newest first."""
    now = request.recorder.tick()
    rows = list(account.batches.values())[::-1]
    return page(request, "batches", rows, lambda batch: view(batch, request.base, now))


def delete_batch(account: Account, request: Request) -> Answer:
    """DELETE: stops it; what it has done stays done, and its results are gone."""
    batch = _batch_of(account, request)
    account.batches.pop(batch.id)
    request.recorder.record(
        "batch_deleted",
        lambda: account.batches.update({batch.id: batch}),
        name=batch.id,
        before={"status": status(batch)},
    )
    return Answer(204)
