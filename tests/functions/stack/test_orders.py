"""Orders to the functions that apply: however many contacts they name, they arrive."""

from types import SimpleNamespace

import pytest

from functions.stack.orders import ORDERS, sent, unpacked
from personalization.errors import Stop
from tests.deploy.emulated import account, furnished

OUTLET = SimpleNamespace(name="mailchimp", account="main")


def test_an_order_arrives_whole_that_no_message_holds(monkeypatch, tmp_path):
    import boto3

    with account(monkeypatch) as sandbox:
        cloud = furnished(monkeypatch, sandbox, tmp_path)
        queue, orders = cloud.queues["APPLY_HUBSPOT"], []
        for count in (20_000, 40_000):
            orders.append({"plan": "plan-1", "contacts": [f"{n:032x}" for n in range(count)]})
            sent(queue, "bucket", OUTLET, orders[-1])
        told = cloud.bodies("APPLY_HUBSPOT")  # hidden from then on, as SQS does
        found = {len(body): unpacked(body, "bucket") for body in told}
        place = {"connector": "mailchimp", "account": "main"}
        assert [found[size] for size in sorted(found, reverse=True)] == [
            {**place, **one} for one in orders]  # fmt: skip
        (listed,) = boto3.client("s3").list_objects_v2(Bucket="bucket", Prefix=ORDERS)["Contents"]
        boto3.client("s3").delete_object(Bucket="bucket", Key=listed["Key"])
        with pytest.raises(Stop, match="next night's plan takes the place"):
            unpacked(min(told, key=len), "bucket")
