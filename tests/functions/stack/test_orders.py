"""Orders to the functions that apply."""

from types import SimpleNamespace

import pytest

from functions.stack.deciding import sent
from personalization.errors import Stop

OUTLET = SimpleNamespace(name="mailchimp", account="main")


class Queue:
    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - boto3's names
        self.bodies.append(MessageBody)


def test_an_order_that_no_message_holds_is_refused_with_the_way_out():
    queue = Queue()
    sent(queue, "q", OUTLET, {"plan": "plan-1", "contacts": ["0" * 32] * 20_000})
    with pytest.raises(Stop, match=r"limits\.only .* a smaller segment"):
        sent(queue, "q", OUTLET, {"plan": "plan-1", "contacts": ["0" * 32] * 40_000})
    assert len(queue.bodies) == 1
