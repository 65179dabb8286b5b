"""DynamoDB's calls as this store makes them: whole answers, limits kept, throttling waited out.

An item here is plain Python: {name: str | int}; NULL is an attribute that is not there.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from functions.cloud.clients import CLASH, THROTTLED, Clash, codes
from personalization.errors import Retry

Item = dict[str, str | int]
TRIES = 6
MOST_READ, MOST_WRITTEN = 100, 100
"""Items that one BatchGetItem and one TransactWriteItems take (Service quotas in DynamoDB)."""
MOST_BYTES = 3_500_000
"""For one transaction; DynamoDB takes 4 MB."""
THREADS = 16


class Place(NamedTuple):
    """Where an item lies."""

    PK: str
    SK: str


class Op(NamedTuple):
    """One item of a transaction: what to do ("Put", "Delete", "Update", "ConditionCheck"), where,
    the item to put, and a condition or update with its values."""

    act: str
    place: Place
    item: Item | None = None
    condition: str = ""
    update: str = ""
    values: Mapping[str, str | int] = {}

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 200 + sum(len(str(one)) * 2 for one in (self.item or {}).values())


@dataclass
class Dynamo:
    """One table. `calls` counts what was asked of it, by operation."""

    client: Any
    name: str
    wait: Callable[[float], None] = time.sleep
    calls: dict[str, int] = field(default_factory=dict)

    def call(self, operation: str, **given: Any) -> dict[str, Any]:
        """One call; throttling is waited out with growing, scattered pauses. Raises Clash where a
        condition did not hold, Retry where throttling did not end."""
        for tried in range(TRIES):
            self.calls[operation] = self.calls.get(operation, 0) + 1
            try:
                done: dict[str, Any] = getattr(self.client, operation)(**given)
            except Exception as error:
                said = codes(error)
                if said & CLASH:
                    raise Clash("somebody else has written here first: run again") from error
                if not said or not said <= THROTTLED:
                    raise
                if tried == TRIES - 1:
                    raise Retry("the table is busy: try again", after=30) from error
            else:
                return done
            self.wait(random.uniform(0, 0.05 * 2**tried))  # noqa: S311  scatters, hides nothing
        raise AssertionError

    def get(self, places: Iterable[Place]) -> dict[Place, Item]:
        """The items that there are at some places, as of now."""
        wanted = list(dict.fromkeys(places))
        chunks = [wanted[at : at + MOST_READ] for at in range(0, len(wanted), MOST_READ)]
        found: dict[Place, Item] = {}
        for part in self.at_once(self.get_some, chunks):
            found |= part
        return found

    def get_some(self, places: Sequence[Place]) -> dict[Place, Item]:
        """As `get`, for as many as one call takes."""
        rest: list[Any] = [coded(one._asdict()) for one in places]
        found: dict[Place, Item] = {}
        for _ in range(50):
            asked = {self.name: {"Keys": rest, "ConsistentRead": True}}
            answer = self.call("batch_get_item", RequestItems=asked)
            for one in map(plain, answer["Responses"].get(self.name, ())):
                found[Place(str(one["PK"]), str(one["SK"]))] = one
            rest = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if not rest:
                return found
            self.wait(0.05)
        raise Retry("the table is busy: try again", after=30)

    def query(
        self, pk: str, begins: str = "", first: str = "", last: str = "", index: str | None = None,
        most: int | None = None,
    ) -> Iterator[Item]:  # fmt: skip
        """The items of a partition key in the order of their sort keys: all, those that begin with
        a text, or those in [first, last]. An index answers with places."""
        names = ("OP", "OS") if index == "ordered" else ("EP", "") if index else ("PK", "SK")
        rule, values = f"{names[0]} = :p", {":p": pk}
        if begins:
            rule, values = f"{rule} AND begins_with({names[1]}, :b)", {**values, ":b": begins}
        elif first or last:
            rule = f"{rule} AND {names[1]} BETWEEN :f AND :l"
            values |= {":f": first or " ", ":l": last or "~"}
        given: dict[str, Any] = {"KeyConditionExpression": rule, "TableName": self.name,
                                 "ExpressionAttributeValues": coded(values)}  # fmt: skip
        given |= {"IndexName": index} if index else {"ConsistentRead": True}
        given |= {"Limit": most} if most else {}
        while True:
            answer = self.call("query", **given)
            yield from map(plain, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            given["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, ops: Sequence[Op]) -> None:
        """All of these or none, at most MOST_WRITTEN."""
        if len(ops) == 1 and ops[0].act == "Put":
            given = self.given(ops[0])["Put"]
            self.call("put_item", **given)
        elif ops:
            self.call("transact_write_items", TransactItems=[self.given(one) for one in ops])

    def given(self, op: Op) -> dict[str, Any]:
        """An operation as the client takes it."""
        said: dict[str, Any] = {"TableName": self.name}
        if op.item is not None:
            said["Item"] = coded({**op.place._asdict(), **op.item})
        else:
            said["Key"] = coded(op.place._asdict())
        said |= {"ConditionExpression": op.condition} if op.condition else {}
        said |= {"UpdateExpression": op.update} if op.update else {}
        said |= {"ExpressionAttributeValues": coded(op.values)} if op.values else {}
        return {op.act: said}

    def add(self, place: Place, number: int) -> int:
        """Adds to an item's number `n`; returns the sum."""
        done = self.call(
            "update_item", TableName=self.name, Key=coded(place._asdict()),
            UpdateExpression="ADD n :n", ExpressionAttributeValues={":n": {"N": str(number)}},
            ReturnValues="UPDATED_NEW",
        )  # fmt: skip
        return int(done["Attributes"]["n"]["N"])

    def at_once[T, R](self, work: Callable[[T], R], given: Sequence[T]) -> Iterator[R]:
        """Many calls beside each other; one is made without a thread."""
        if len(given) < 2:
            yield from map(work, given)
            return
        with ThreadPoolExecutor(min(THREADS, len(given))) as pool:
            yield from pool.map(work, given)


def coded(item: Mapping[str, str | int]) -> dict[str, dict[str, str]]:
    """Plain values as DynamoDB writes them."""
    return {name: {"S": value} if isinstance(value, str) else {"N": str(value)}
            for name, value in item.items()}  # fmt: skip


def plain(item: Mapping[str, Mapping[str, str]]) -> Item:
    """DynamoDB's values as plain ones."""
    return {name: value["S"] if "S" in value else int(value["N"]) for name, value in item.items()}
