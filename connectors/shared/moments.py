"""Moments as other systems write them: ISO 8601, and the Date of an answer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from personalization.models import SECOND, Micros

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(text: str) -> Micros:
    """An ISO 8601 moment; one without an offset is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)


def seconds(moment: Micros) -> str:
    """ISO 8601 in whole seconds with its offset, UTC; what is before 1970 is 1970."""
    return (EPOCH + timedelta(seconds=max(0, moment) // SECOND)).isoformat(timespec="seconds")


def date_of(headers: Mapping[str, str]) -> Micros | None:
    """When a server says that it answered; None where it does not. `headers` in any case."""
    text = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        return (parsedate_to_datetime(text) - EPOCH) // timedelta(microseconds=1)
    except (TypeError, ValueError):
        return None
