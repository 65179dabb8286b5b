"""Operations in bulk: few as calls of their own, many as one job under /batches.

A job costs one call to start, polls, and one to fetch its results: from `FEW` operations on that is
less than calling each. A finished job is no success: every operation has its own status in a
tar.gz of JSON files in no order, told apart by operation_id, its answer once more JSON in a string.
"""

import io
import json
import tarfile
from collections.abc import Iterator, Sequence

from connectors.shared.http import Lost, Rejected, reason_of
from connectors.shared.mailchimp_api import Api, Operation, Result, every
from personalization.connector import Started
from personalization.errors import Retry

FEW = 10
FIRST_POLL, LONGEST_POLL = 0.1, 30.0
GROWTH = 3
"""Each wait is so many times as long as the one before: a small job is noticed at once, and a large
one is not asked for often."""


def carry_out(
    api: Api, operations: Sequence[Operation], once: bool, deadline: float
) -> Iterator[Started | tuple[str, Result]]:
    """Carries out operations; each ends in (its id, what became of it). With `once` none is ever
    tried a second time: what nobody knows of comes back with the status None."""
    if len(operations) < FEW:
        yield from one_by_one(api, operations, once)
        return
    try:
        reference = start(api, operations, once)
    except Lost:
        yield from ((operation.id, Result(status=None)) for operation in operations)
        return
    yield Started(reference=reference)
    found = results(api, wait(api, reference, deadline))
    for operation in operations:
        yield operation.id, found.get(operation.id, Result(status=None))


def one_by_one(
    api: Api, operations: Sequence[Operation], once: bool
) -> Iterator[tuple[str, Result]]:  # fmt: skip
    """Each operation by a call of its own. One that fails however often it is tried is left for
    later, so that it does not stand in the way of the others; after two in a row nothing is
    reachable, and Retry ends the work."""
    failed = False
    for operation in operations:
        try:
            yield operation.id, api.perform(operation, once)
            failed = False
        except Retry:
            if failed:
                raise
            failed = True
            yield operation.id, Result(status=429)


def start(api: Api, operations: Sequence[Operation], once: bool) -> str:
    """Starts a job; its id. Bodies travel as JSON in a string."""
    rows = [
        {
            "method": one.method,
            "path": one.path,
            "operation_id": one.id,
            **({"params": dict(one.params)} if one.params else {}),
            **({"body": json.dumps(one.body)} if one.body is not None else {}),
        }
        for one in operations
    ]
    answer = api.call(api.batches.start, {"operations": rows}, once=once)
    if not answer.get("id"):
        if once:
            raise Lost(f"{api.wire.place}: a job was answered without its id")
        raise Retry(f"{api.wire.place}: a job was answered without its id")
    return str(answer["id"])


def waits() -> Iterator[float]:
    """How long to wait before each look at a job but the first, in seconds."""
    delay = FIRST_POLL
    while True:
        yield delay
        delay = min(delay * GROWTH, LONGEST_POLL)


def wait(api: Api, reference: str, deadline: float) -> str:
    """Polls a job until it has finished; the address of its results, "" for a job that is no
    longer known. Raises Retry when that takes longer than `deadline` seconds."""
    waited, pauses = 0.0, waits()
    while True:
        try:
            job = api.read("status", api.batches.status, reference)
        except Rejected as no:
            if no.status == 404:
                return ""
            raise Retry(f"{api.wire.place}: job {reference}: {no.said}") from None
        if job["status"] == "finished":
            return str(job.get("response_body_url") or "")
        delay = next(pauses)
        if waited + delay > deadline:
            raise Retry(f"{api.wire.place}: job {reference} is still running", LONGEST_POLL)
        api.wire.sleep(delay)
        waited += delay


def wait_for_all(api: Api, deadline: float) -> None:
    """Waits for every job of the account that has not finished, whoever started it."""
    rows = every(api, "batches", api.batches.list, fields=["batches.id", "batches.status",
                                                           "total_items"])  # fmt: skip
    for row in rows:
        if row.get("status") != "finished":
            wait(api, str(row["id"]), deadline)


def results(api: Api, url: str) -> dict[str, Result]:
    """The results of a finished job by operation id; empty where there are none to be had."""
    if not url:
        return {}
    try:
        packed = api.download(url)
    except Rejected:
        # The address works for some minutes only; whoever looks again asks for a new one.
        return {}
    found: dict[str, Result] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isfile() else None
                if content is not None:
                    found.update(map(result_of, json.load(content)))
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError):
        raise Retry(f"{api.wire.place}: a job's results cannot be read") from None
    return found


def result_of(row: dict[str, object]) -> tuple[str, Result]:
    """One operation's result."""
    try:
        body = json.loads(str(row.get("response") or "{}"))
    except ValueError:
        body = {}
    status = int(str(row["status_code"]))
    held = body if isinstance(body, dict) else {}
    reason = reason_of(held) if status >= 400 else ""
    return str(row["operation_id"]), Result(status=status, reason=reason, body=held)
