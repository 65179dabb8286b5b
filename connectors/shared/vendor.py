"""What both vendors' clients need of what goes through them."""

from typing import Any

from personalization.errors import Retry


def in_query(value: Any) -> Any:
    """A query value as the APIs read it: a bool in small letters, as JSON writes it."""
    return str(value).lower() if isinstance(value, bool) else value


def having(wanted: str, answer: dict[str, Any], place: str) -> dict[str, Any]:
    """An answer that must have `wanted` in it. Raises Retry for one without: it is none."""
    if wanted not in answer:
        raise Retry(f"{place}: an answer lacks {wanted}")
    return answer
