"""Running the operations of batches: each through the handlers, with its own ledger entry."""

import json
from dataclasses import replace
from typing import Any

from connectors.sandbox.ledger import Recorder
from connectors.sandbox.mailchimp import routes
from connectors.sandbox.mailchimp.batch_results import packed
from connectors.sandbox.mailchimp.state import Batch, Operation
from connectors.sandbox.mailchimp.wire import Answer, Problem, Request, refusal
from connectors.sandbox.world import World, parsed


def step(world: World) -> None:
    """The oldest unfinished job goes one step on."""
    waiting = (batch for batch in world.account.batches.values() if not batch.finished)
    batch = next(waiting, None)
    if batch is not None:
        batch.stepped += 1
        _run(world, batch, len(batch.operations) * batch.stepped // max(batch.steps, 1))


def finish_all(world: World) -> None:
    """Every job runs to its end, oldest first."""
    for batch in list(world.account.batches.values()):
        if not batch.finished:
            batch.stepped = batch.steps
            _run(world, batch, len(batch.operations))


def _run(world: World, batch: Batch, until: int) -> None:
    until = len(batch.operations) if batch.stepped >= batch.steps else until
    for operation in batch.operations[batch.done : until]:
        _operate(world, batch, operation)
    batch.done = until
    if until == len(batch.operations):
        batch.completed_at = world.clock.tick()
        batch.archive = packed(batch, world.failures.seed)
        for operation in batch.operations:  # the archive has their answers from here on
            operation.body, operation.response = None, ""


def _operate(world: World, batch: Batch, operation: Operation) -> None:
    recorder = world.recorder()
    request = Request(operation.method, operation.path, operation.query, None, recorder)
    failure = world.failures.for_operation(operation.method, operation.path)
    answer = _answer(world, request, operation, recorder, failure)
    operation.status_code = answer.status
    operation.response = "" if answer.body is None else json.dumps(answer.body)
    call: dict[str, Any] = {
        "via": "batch",
        "batch": batch.id,
        "operation_id": operation.operation_id,
        "method": operation.method,
        "path": operation.path,
        "query": operation.query,
        "body": request.body,
        "write": operation.method != "GET",
        "status": answer.status,
        "answered": True,
        "failure": failure,
        "connections": 0,
    }
    world.write(call, recorder)


def _answer(
    world: World, request: Request, operation: Operation, recorder: Recorder, failure: str | None
) -> Answer:
    if failure == "operation_error":
        detail = "An unexpected internal error has occurred. Please contact Support."
        return refusal(Problem(500, "Internal Server Error", detail))
    try:
        request.body = parsed((operation.body or "").encode())
    except ValueError:
        return refusal(Problem(400, "JSON Parse Error", "The body is not JSON."))
    answer = routes.answer(world.account, replace(request))
    if failure == "operation_silent":
        recorder.roll_back()
    return answer
