"""A table and a bucket in an emulator that runs in this process."""

import atexit
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from functions.cloud.dynamo import Dynamo
from functions.cloud.objects import Objects
from functions.cloud.store import CloudStore, open_cloud
from functions.cloud.table import definition

NUMBERS = count(1)


@cache
def clients() -> tuple[Any, Any]:
    """DynamoDB and S3, made once."""
    import boto3
    from moto import mock_aws

    account = mock_aws()
    account.start()
    atexit.register(account.stop)
    dynamo = boto3.client("dynamodb", region_name="eu-west-1")
    s3 = boto3.client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket="log", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="log", VersioningConfiguration={"Status": "Enabled"})
    return dynamo, s3


def table() -> tuple[Dynamo, Objects]:
    """A new table, and a place of its own in the bucket."""
    dynamo, s3 = clients()
    name = f"table{next(NUMBERS)}"
    wanted = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema",
              "TableName")  # fmt: skip
    dynamo.create_table(**{one: definition(name)[one] for one in wanted})
    return Dynamo(dynamo, name, wait=lambda _: None), Objects(s3, "log", f"{name}/")


def opened(folder: Path, key: str, over: tuple[Dynamo, Objects] | None = None,
           **more: Any) -> CloudStore:  # fmt: skip
    """A store over a table; a new one unless one is given."""
    dynamo, objects = over or table()
    return open_cloud(Dynamo(dynamo.client, dynamo.name, wait=lambda _: None), objects, key,
                      folder, **more)  # fmt: skip
