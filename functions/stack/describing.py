"""A deployed stack, as CloudFormation describes it: where its parts are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from functions.shop import wall
from functions.stack.clients import client
from functions.stack.trouble import REFUSED
from personalization.errors import Retry, Stop
from personalization.models import SECOND, Micros

OTHERWISE = {"webhook": "receiver"}
"""What the template calls a connector's parts, where that is not the connector's own name."""
SAME = 2 * SECOND
"""Clocks this far apart are the same: the account's is told in whole seconds."""
FAILED = ("CREATE_FAILED", "ROLLBACK_")
NEVER = "was never deployed: a change set waits to be executed"


@dataclass(frozen=True)
class Stack:
    """A stack: its state, its outputs, when it was deployed last, and by how much the account's
    clock is ahead of this machine's."""

    name: str
    state: str
    outputs: Mapping[str, str]
    updated: Micros
    ahead: Micros

    def output(self, name: str) -> str:
        """An output. Raises Stop where it has none of that name."""
        if name not in self.outputs:
            raise Stop(f"stack {self.name} has no output {name}: it is not one of this product, or "
                       "of an older version. Deploy this one: docs/deploy.md")  # fmt: skip
        return self.outputs[name]

    def part(self, connector: str, what: str) -> str | None:
        """The name of the output with a connector's queue or secret; None where it has none."""
        wanted = f"{OTHERWISE.get(connector, connector)}{what}".casefold()
        return next((one for one in self.outputs if one.casefold() == wanted), None)

    def clock(self) -> Micros:
        """UTC microseconds by the account's clock: the store's leases end by it, and a machine
        that is a minute ahead would take them from functions at work."""
        return wall() + self.ahead


def describe(name: str) -> Stack:
    """Looks a stack up. Raises Stop where there is none or it cannot be worked with, Retry while
    it is made."""
    formation = client("cloudformation")
    try:
        answer = formation.describe_stacks(StackName=name)
    except formation.exceptions.ClientError as error:
        said = error.response["Error"]
        if said["Code"] in REFUSED or "does not exist" not in said.get("Message", ""):
            raise
        raise Stop(
            f"there is no stack {name} in {formation.meta.region_name}. Is it called otherwise, in "
            "another region (AWS_DEFAULT_REGION) or in another account (AWS_PROFILE)?"
        ) from None
    told = answer["Stacks"][0]
    usable(name, told["StackStatus"])
    outputs = {one["OutputKey"]: one["OutputValue"] for one in told.get("Outputs", ())}
    updated = told.get("LastUpdatedTime") or told["CreationTime"]
    found = Stack(name, told["StackStatus"], outputs, round(updated.timestamp()) * SECOND,
                  ahead(answer, wall()))  # fmt: skip
    for one in ("Table", "Bucket"):
        found.output(one)
    return found


def usable(name: str, state: str) -> None:
    """Raises Retry for a stack that is being made, Stop for one that never was or goes away. While
    one is updated it has all its parts, and pausing must not wait for that."""
    if state == "CREATE_IN_PROGRESS":
        raise Retry(f"stack {name} is still being deployed", after=30)
    if state == "REVIEW_IN_PROGRESS":
        raise Stop(f"stack {name} {NEVER}. Run `sam deploy` to its end")
    if state.startswith("DELETE_") and state != "DELETE_FAILED":
        raise Stop(f"stack {name} is being deleted")
    if state.startswith(FAILED):
        raise Stop(f"stack {name} could not be deployed ({state}): `sam delete`, put right what "
                   "its events say, and `sam deploy` again")  # fmt: skip


def ahead(answer: Mapping[str, Any], now: Micros) -> Micros:
    """By how much the clock that an answer was given by is ahead; 0 where it does not say."""
    said = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        then = parsedate_to_datetime(said) if said else datetime.fromtimestamp(now / SECOND, UTC)
    except ValueError:
        return 0
    apart = round(then.timestamp()) * SECOND - now
    return apart if abs(apart) > SAME else 0
