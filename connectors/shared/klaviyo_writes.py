"""Values of our properties, by PATCH of a profile's id, one a call: somebody who is not there is a
404. Bulk import would take 10,000 a call, and makes everyone whom it does not find ("Bulk Import
Profiles API": it is an upsert), so it is never used."""

from collections.abc import Iterator, Sequence
from typing import Any

from connectors.shared.http import Rejected
from connectors.shared.klaviyo_api import Api
from connectors.shared.klaviyo_lists import refusal
from connectors.shared.ours import property_name
from personalization.connector import Outcome
from personalization.consent import Permit


def write_fields(api: Api, permits: Sequence[Permit]) -> Iterator[Outcome]:
    """Writes values; empty text takes a property away. Twice does no harm, so an answer that was
    lost is no reason to ask. Properties that are not named stay as they are."""
    for one in permits:
        try:
            api.call("PATCH", f"profiles/{one.outside_id}", patch(one.outside_id, one.row.new))
        except Rejected as no:
            yield refusal(one, no)
        else:
            yield Outcome(row=one.row.id, result="accepted")


def patch(id: str, new: dict[str, Any]) -> dict[str, Any]:
    """The body that changes our properties of one profile and nothing else."""
    values = {property_name(name): str(value) for name, value in new.items() if value}
    cleared = [property_name(name) for name, value in new.items() if not value]
    data: dict[str, Any] = {"type": "profile", "id": id, "attributes": {"properties": values}}
    if cleared:
        data["meta"] = {"patch_properties": {"unset": cleared}}
    return {"data": data}
