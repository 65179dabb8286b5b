"""Fields, lists and what becomes of them. Klaviyo keeps no list of custom properties: one is there
once a profile has it. So what is ours is written down as Klaviyo's own tags, "PICK1 (ofone)", which
a marketer sees under Settings, Tags, and which hang on nothing else."""

from collections.abc import Callable, Iterator, Sequence

from connectors.shared.http import Lost, Rejected
from connectors.shared.klaviyo_api import Api, quoted
from connectors.shared.klaviyo_lists import our_lists, refusal
from connectors.shared.klaviyo_profiles import attributes_of
from connectors.shared.klaviyo_writes import patch
from connectors.shared.ours import list_name, property_name, tag_name
from personalization.connector import MARK, Outcome, RemoteField
from personalization.consent import Permit
from personalization.errors import Retry
from personalization.models import OutboxRow

A_PAGE = 100
MOST_TRIES = 8
WRITTEN_DOWN = 500
"""Tags that an account may have ("Create Tag")."""


def fields(api: Api) -> list[RemoteField]:
    """Our fields, as they are written down; the shop's own properties are listed nowhere, and the
    prefix of ours keeps off them."""
    ours = f"ends-with(name,{quoted(f' {MARK}')})"
    return [
        RemoteField(name=name, label=label, id=str(row["id"]), ours=True)
        for row in api.every("tags", **{"filter": ours, "fields[tag]": "name"})
        if (name := tag_name(label := str(attributes_of(row).get("name"))))
    ]


def set_up(api: Api, permits: Sequence[Permit]) -> Iterator[Outcome]:
    """Makes and drops fields and tags; what is so already is accepted."""
    for one in permits:
        try:
            change(api, one.row)
        except Rejected as no:
            yield refusal(one, no)
        else:
            yield Outcome(row=one.row.id, result="accepted")


def change(api: Api, row: OutboxRow) -> None:
    """One setup row. An event needs nothing made: the first one makes its metric."""
    new = {what: str(name) for what, name in row.new.items()}
    if "field" in new:
        make(api, "tags", list_name(new["field"]), lambda: field_id(api, new["field"]))
    elif "tag" in new:
        make(api, "lists", list_name(new["tag"]), lambda: list_id(api, new["tag"]))
    elif "drop_field" in new and (id := field_id(api, new["drop_field"])):
        take_away(api, property_name(new["drop_field"]))
        drop(api, f"tags/{id}")
    elif "drop_tag" in new:
        while id := list_id(api, new["drop_tag"]):
            drop(api, f"lists/{id}")


def make(api: Api, path: str, name: str, there: Callable[[], str | None]) -> None:
    """A tag or list of that name, unless it is there. Klaviyo may keep two lists of one name, so the
    call is never made again before a look. Raises Retry where it does not come to be."""
    body = {"data": {"type": path.removesuffix("s"), "attributes": {"name": name}}}
    for _ in range(MOST_TRIES):
        if there():
            return
        api.wire.once = True
        try:
            api.call("POST", path, body)
        except Lost:
            api.wire.sleep(1.0)
        else:
            return
        finally:
            api.wire.once = False
    raise Retry(f"{api.wire.place}: {path} cannot be made now", 60)


def drop(api: Api, path: str) -> None:
    """Deletes one thing; one that is gone already is dropped."""
    try:
        api.call("DELETE", path)
    except Rejected as no:
        if no.status != 404:
            raise


def field_id(api: Api, field: str) -> str | None:
    """The id of the tag by which a field is written down."""
    return next((one.id for one in fields(api) if one.name == field), None)


def list_id(api: Api, tag: str) -> str | None:
    """The id of the list that holds a tag."""
    return next((one.id for one in our_lists(api) if one.name == tag), None)


def take_away(api: Api, name: str) -> None:
    """Takes a property from every profile that has it: a call each, since there is no other way.
    Killed in the middle, the next one goes on with those who are left."""
    wanted = {"fields[profile]": "properties", "page[size]": A_PAGE, "sort": "id"}
    field = name.removeprefix(property_name("")).upper()
    for row in api.every("profiles", **wanted):
        if name in (attributes_of(row).get("properties") or {}):
            try:
                api.call("PATCH", f"profiles/{row['id']}", patch(str(row["id"]), {field: ""}))
            except Rejected as no:
                if no.status != 404:
                    raise
