"""Nightly runs for `e2e.py`: one to its end, and one that is stopped in its middle."""

import json
from typing import Any

from e2e_stack import Stack, until

from connectors.sandbox import ledger
from connectors.sandbox.server import Running

MIDDLE = "Decide and plan"
"""The step in which a run is stopped. What a function is at goes on to its end, as in the cloud; in the
emulator so does the rest of the step, beside the run that comes after it."""


def night(stack: Stack) -> dict[str, Any]:
    """One nightly run, to its end."""
    return ended(stack, begun(stack))


def stopped(stack: Stack, sandbox: Running) -> list[str]:
    """A run that is stopped in its middle, and at once the next one. Returns the next one's plans.
    Raises AssertionError where either writes anything: nothing has changed since the last run."""
    steps, before = stack.client("stepfunctions"), len(ledger.effects(sandbox.entries))
    first = begun(stack)
    until(lambda: MIDDLE in entered(stack, first), 900, f"the run does not come to {MIDDLE}")
    steps.stop_execution(executionArn=first, cause="the test's")
    done = night(stack)
    assert steps.describe_execution(executionArn=first)["status"] == "ABORTED"
    assert done["status"] == "SUCCEEDED", done
    planned = json.loads(done["output"])["planned"]
    assert all(one["state"] == "handed on" for one in planned), planned
    until(lambda: not (stack.waiting("HubSpotQueue") or stack.waiting("MailchimpQueue")), 300,
          "orders wait")  # fmt: skip
    assert len(ledger.effects(sandbox.entries)) == before, "something was written again"
    return [one["plan"] for one in planned]


def begun(stack: Stack) -> str:
    """Starts a run; returns its name."""
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["Nightly"], input="{}"
    )
    return str(started["executionArn"])


def ended(stack: Stack, name: str) -> dict[str, Any]:
    """A run, once it has ended."""
    steps = stack.client("stepfunctions")

    def found() -> dict[str, Any] | None:
        told = steps.describe_execution(executionArn=name)
        return None if told["status"] == "RUNNING" else told

    return until(found, 1800, "the nightly run does not end")


def entered(stack: Stack, name: str) -> set[str]:
    """The steps that a run has come to."""
    told = stack.client("stepfunctions").get_execution_history(executionArn=name, maxResults=1000)
    details = [one.get("stateEnteredEventDetails") for one in told["events"]]
    return {one["name"] for one in details if one}


def grouped(stack: Stack, name: str) -> list[int]:
    """How many groups of contacts each plan of a run was made by."""
    steps = stack.client("stepfunctions")
    maps = steps.list_map_runs(executionArn=name)["mapRuns"]
    told = [steps.describe_map_run(mapRunArn=one["mapRunArn"]) for one in maps]
    assert all(one["itemCounts"]["succeeded"] == one["itemCounts"]["total"] for one in told), told
    return [int(one["itemCounts"]["total"]) for one in told]
