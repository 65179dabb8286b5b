"""Members read by id: what pages by `last_changed` do not show, and what must be known right now."""

from collections.abc import Iterable
from typing import Any

from connectors.shared.mailchimp_api import Api, Operation
from connectors.shared.mailchimp_jobs import carry_out
from personalization.connector import Started

Member = dict[str, Any]


def read_members(
    api: Api, ids: Iterable[str], wanted: Iterable[str], deadline: float
) -> dict[str, Member | None]:
    """Members by outside id: few by a call each, many by one job. None for who is not there;
    whose answer failed is left out."""
    params = {"fields": ",".join(wanted)}
    operations = [
        Operation(id=str(number), method="GET", path=api.path("members", id), params=params)
        for number, id in enumerate(dict.fromkeys(ids))
    ]
    places = {one.id: one.path.rpartition("/")[2] for one in operations}
    found: dict[str, Member | None] = {}
    for told in carry_out(api, operations, once=False, deadline=deadline):
        if isinstance(told, Started):
            continue
        id, result = places[told[0]], told[1]
        if result.status == 200:
            found[id] = dict(result.body)
        elif result.status == 404:
            found[id] = None
    return found
