"""The clients of the cloud's services, made once a process, when one is first needed."""

from functools import cache
from typing import Any


@cache
def client(service: str) -> Any:
    """A client by its service's name."""
    import boto3  # type: ignore[import-untyped]  # the client comes without types

    return boto3.client(service)
