"""Calls as API Gateway's HTTP APIs hand them to a function, payload format 2.0, and answers as
they take them (AWS: "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway")."""

import base64
from collections.abc import Mapping
from typing import Any

from functions.door.answers import Answer
from personalization.connector import Request

MICROS = 1_000


def request_of(event: Mapping[str, Any], address: str | None = None) -> Request:
    """The call, its body as the raw bytes that were signed. `address` is what the outside calls,
    where the API stands behind another name; the moment is the gateway's own."""
    about = event["requestContext"]
    text = event.get("body") or ""
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    base = address or f"https://{about['domainName']}"
    return Request(
        method=about["http"]["method"], url=base.rstrip("/") + target_of(event),
        headers=event.get("headers") or {}, body=body, received_at=about["timeEpoch"] * MICROS,
    )  # fmt: skip


def target_of(event: Mapping[str, Any]) -> str:
    """Path and query as they were called, still encoded."""
    query = event.get("rawQueryString") or ""
    return str(event["rawPath"]) + (f"?{query}" if query else "")


def answered(answer: Answer) -> dict[str, Any]:
    """An answer as the gateway takes it."""
    return {"statusCode": answer.status, "headers": dict(answer.headers),
            "body": answer.body.decode()}  # fmt: skip
