"""The two clients, and how the cloud's errors become ours. No other module imports boto3."""

from typing import Any

from personalization.errors import Retry

THROTTLED = frozenset({
    "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
    "ThrottlingError", "TransactionConflict", "TransactionConflictException",
    "TransactionInProgressException", "InternalServerError", "SlowDown", "ServiceUnavailable",
    "ProvisionedThroughputExceeded",
})  # fmt: skip
"""Codes of errors and of cancellation reasons after which the same call may be made again
(Error handling with DynamoDB)."""

CLASH = frozenset({"ConditionalCheckFailedException", "ConditionalCheckFailed"})


class Clash(Retry):
    """Somebody else has written first: read anew and run again. Nothing of this was written."""


def made(endpoint: str | None = None) -> tuple[Any, Any]:
    """(DynamoDB client, S3 client) of the process's region and role."""
    import boto3  # type: ignore[import-untyped]  # the client comes without types
    from botocore.config import Config  # type: ignore[import-untyped]  # so does its base

    settings = Config(retries={"mode": "standard", "total_max_attempts": 4},
                      max_pool_connections=32)  # fmt: skip
    return (boto3.client("dynamodb", endpoint_url=endpoint, config=settings),
            boto3.client("s3", endpoint_url=endpoint, config=settings))  # fmt: skip


def codes(error: Exception) -> set[str]:
    """The codes that an error of a client says: its own, or the reasons of a cancelled
    transaction. Empty for any other error."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return set()
    reasons = {one.get("Code", "None") for one in response.get("CancellationReasons", ())}
    code = str(response.get("Error", {}).get("Code", ""))
    return (reasons - {"None"}) or {code}
