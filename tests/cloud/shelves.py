"""A table and a bucket in an emulator that runs in this process."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from functions.cloud import table as keys
from functions.cloud.dynamo import Dynamo
from functions.cloud.objects import Objects
from functions.cloud.store import CloudStore, open_cloud
from functions.cloud.table import definition

NUMBERS = count(1)
PLAIN = {"S", "N"}


@cache
def clients() -> tuple[Any, Any]:
    """DynamoDB and S3, made once."""
    import boto3

    remember_less()
    say_as_it_is()
    keys.SHARDS = 2
    return (boto3.client("dynamodb", region_name="eu-west-1"),
            boto3.client("s3", region_name="eu-west-1"))  # fmt: skip


@contextmanager
def account() -> Iterator[None]:
    """An empty account. Nothing outside of it is answered for."""
    from moto import mock_aws

    with mock_aws():
        _, s3 = clients()
        s3.create_bucket(
            Bucket="log", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        s3.put_bucket_versioning(Bucket="log", VersioningConfiguration={"Status": "Enabled"})
        yield


def remember_less() -> None:
    """The emulator copies the whole table for every item of a transaction, to be able to undo it.
    Here it copies the table's dictionaries once, and the items that are updated in place."""
    from moto.dynamodb import models

    whole = models.DynamoDBBackend.transact_write_items

    def transact(self: Any, transact_items: list[dict[str, Any]]) -> None:
        updated = [(key["PK"]["S"], key["SK"]["S"]) for one in transact_items
                   if (key := one.get("Update", {}).get("Key"))]  # fmt: skip
        taken: dict[str, Any] = {}

        def snapshot(thing: Any) -> Any:
            if not isinstance(thing, models.Table):
                return copy.deepcopy(thing)
            if thing.name not in taken:
                taken[thing.name] = made = copy.copy(thing)
                made.items = type(thing.items)(dict, {pk: dict(of) for pk, of in
                                                      thing.items.items()})  # fmt: skip
                for pk, sk in updated:
                    for hash_, of in made.items.items():
                        if hash_.value == pk:
                            made.items[hash_] = {
                                range_: copy.deepcopy(item) if range_.value == sk else item
                                for range_, item in of.items()}  # fmt: skip
            return taken[thing.name]

        models.copy = SimpleNamespace(deepcopy=snapshot)
        try:
            whole(self, transact_items)
        finally:
            models.copy = copy

    models.DynamoDBBackend.transact_write_items = transact


def say_as_it_is() -> None:
    """The emulator walks the service's description for every attribute that it answers with. A text
    or a number is one key and one value already: it goes out as it stands."""
    from moto.core.serialize import BaseJSONSerializer as Serializer

    whole = Serializer._serialize_type_structure

    def structure(self: Any, into: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and type(value) is dict and value.keys() <= PLAIN:
            self._default_serialize(into, value, shape, key)
        else:
            whole(self, into, value, shape, key)

    Serializer._serialize_type_structure = structure


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
    return open_cloud(
        Dynamo(dynamo.client, dynamo.name, wait=lambda _: None),
        Objects(objects.client, objects.bucket, objects.prefix), key, folder, **more,
    )  # fmt: skip
