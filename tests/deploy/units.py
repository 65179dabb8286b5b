"""What calls of the table would be charged, counted from the calls themselves (Amazon DynamoDB:
read and write consumption): a write unit a KB, twice that within a transaction, one more for each
index that an item is in; a read unit 4 KB of what a consistent read looks at."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from functions.cloud.dynamo import Dynamo


@contextmanager
def counted(dynamo: Dynamo) -> Iterator[Counter[str]]:
    """Units by "read" and "write" of what is asked of the table within."""
    found: Counter[str] = Counter()
    real = dynamo.call

    def call(operation: str, **given: Any) -> dict[str, Any]:
        answer = real(operation, **given)
        if operation == "query":
            found["read"] += kilobytes(answer["Items"], 4)
        elif operation == "batch_get_item":
            asked = sum(len(one["Keys"]) for one in given["RequestItems"].values())
            items = [one for some in answer["Responses"].values() for one in some]
            found["read"] += sum(kilobytes([one], 4) for one in items) + asked - len(items)
        elif operation == "transact_write_items":
            for one in given["TransactItems"]:
                found["write"] += written(next(iter(one.values())), 2)
        else:
            found["write"] += written(given, 1)
        return answer

    dynamo.call = call
    try:
        yield found
    finally:
        dynamo.__dict__.pop("call")


def written(given: dict[str, Any], times: int) -> int:
    """Write units of one item."""
    item = given.get("Item", {})
    return times * kilobytes([item], 1) + sum(name in item for name in ("OP", "EP"))


def kilobytes(items: list[dict[str, Any]], step: int) -> int:
    """Units of so many KB that items fill, at least one."""
    size = sum(len(name) + len(str(next(iter(value.values())))) for one in items
               for name, value in one.items())  # fmt: skip
    return max(1, -(-size // (1024 * step)))
