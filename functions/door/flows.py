"""What an action that workflows call is to the door. A connector's module has one as
`workflow(account, settings)`."""

from collections.abc import Mapping
from typing import Any, Protocol

from personalization.connector import Request

Outputs = Mapping[str, str]
"""What an execution gives to the steps after it, by name; "" for none."""


class Asked(Protocol):
    """What one execution asks."""

    @property
    def alias(self) -> str:
        """For whom."""

    @property
    def slot(self) -> str:
        """Which slot."""

    @property
    def callback(self) -> str:
        """The execution's own name."""


class Flow(Protocol):
    """An action of an outside system, as `workflow(account, settings)` of its module makes it."""

    def verify(self, request: Request) -> None:
        """Raises Skip unless the raw bytes are signed."""

    def parse(self, request: Request) -> Asked:
        """What a verified call asks. Raises Skip."""

    def answer(self, outputs: Outputs) -> tuple[int, dict[str, Any]]:
        """(status, body) of an answer given at once."""

    def wait(self) -> tuple[int, dict[str, Any]]:
        """(status, body) that lets the contact wait for `complete`."""

    def fail(self, reason: str) -> tuple[int, dict[str, Any]]:
        """(status, body) by which the contact goes on without an answer."""

    def complete(self, callback: str, outputs: Outputs) -> bool:
        """Lets a waiting contact go on; False where nobody waits any more."""
