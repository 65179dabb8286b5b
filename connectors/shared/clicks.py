"""The decision behind a click or a visit, read off the address that it went to. It needs no look
at anything stored: the token is the decision's id in other letters."""

from collections.abc import Iterable, Mapping
from typing import Any

from personalization.links import carried, decision_of, without

ADDRESSES = ("page", "url", "link_url", "search", "landing_site")
"""Properties that may hold an address, or the query of one."""
TELLING = frozenset({"decision", *ADDRESSES})


def decision_in(*said: object) -> str | None:
    """The decision's id that the first of some values names: a token, an id, an address or the
    query of one (with its "?")."""
    for one in said:
        if isinstance(one, str) and (found := decision_of(one) or carried(one)):
            return found
    return None


def addresses(*objects: object) -> Iterable[object]:
    """What may hold a decision in some JSON objects: `decision` itself, then addresses."""
    for one in objects:
        if isinstance(one, Mapping):
            yield from (one.get(name) for name in ("decision", *ADDRESSES))


def traced(props: dict[str, Any], *said: object) -> dict[str, Any]:
    """An event's properties with `decision` where they, or what else is `said`, carry one. The
    page loses its token, so that one page counts as one."""
    if not said and TELLING.isdisjoint(props):
        return props
    found = decision_in(*addresses(props), *said)
    if found is None:
        return props
    page = props.get("page")
    more = {"page": without(page)} if isinstance(page, str) else {}
    return {**props, **more, "decision": found}
