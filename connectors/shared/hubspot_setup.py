"""The property group, our properties and our lists: listed, made, and removed again."""

from collections.abc import Iterator, Sequence
from itertools import batched

from connectors.shared.http import Rejected
from connectors.shared.hubspot_api import CONTACTS, Api
from connectors.shared.hubspot_events import drop_event, make_event
from connectors.shared.hubspot_lists import our_lists
from connectors.shared.hubspot_sends import Event
from connectors.shared.ours import field_name, list_name, marked, property_name
from personalization.connector import MARK, Outcome, RemoteField
from personalization.consent import Permit
from personalization.models import OutboxRow

A_CALL = 100
OF = "contacts"
GROUP_LABEL = f"Segment of One {MARK}"
NOT_OURS = "the field was not made by this product"


def fields(api: Api) -> list[RemoteField]:
    """All properties of contacts that the portal has made; HubSpot's own count towards no limit.
    Ours are called as in the playbook; `id` is the property's name."""
    rows = api.read("results", api.properties.get_all, OF, archived=False)["results"]
    found = []
    for row in rows:
        name, label = str(row["name"]), str(row.get("label") or "")
        ours = label.endswith(MARK) and field_name(name) != name
        if not row.get("hubspotDefined"):
            shown = field_name(name)
            found.append(RemoteField(name=shown, label=label, id=name, ours=ours))
    return found


def set_up(
    api: Api, permits: Sequence[Permit], group: str, folder: int | None, events: dict[str, Event]
) -> Iterator[Outcome]:
    """Carries out setup rows, the properties of all of them in one call each way; what is so
    already is accepted. `events` are those known to be there."""
    rows = [permit.row for permit in permits]
    yield from make_fields(api, [row for row in rows if "field" in row.new], group)
    yield from drop_fields(api, [row for row in rows if "drop_field" in row.new], group)
    for row in rows:
        if "tag" in row.new:
            yield make_list(api, row, folder)
        elif "drop_tag" in row.new:
            yield drop_list(api, row)
        elif "event" in row.new:
            yield make_event(api, row, events)
        elif "drop_event" in row.new:
            yield drop_event(api, row, events)
        elif not {"field", "drop_field"} & set(row.new):
            reason = "the row names nothing to set up"
            yield Outcome(row=row.id, result="refused", reason=reason)


def make_fields(api: Api, rows: Sequence[OutboxRow], group: str) -> Iterator[Outcome]:
    """Creates properties. Whether they are there is looked up and not taken from the answer: a
    first try may have worked without its answer reaching us."""
    if not rows:
        return
    there = {field.id: field.ours for field in fields(api)}
    missing = [row for row in rows if property_name(str(row.new["field"])) not in there]
    why: dict[str, str] = {}
    if missing and group_there(api, group):
        for part in batched(missing, A_CALL, strict=False):
            why |= create(api, part, group)
        there = {field.id: field.ours for field in fields(api)}
    for row in rows:
        name = property_name(str(row.new["field"]))
        if there.get(name):
            yield Outcome(row=row.id, result="accepted")
        else:
            reason = NOT_OURS if name in there else why.get(name)
            # Neither there nor refused: the answer said OK and nothing was written.
            yield Outcome(
                row=row.id, result="refused" if reason else "again", reason=reason or "not made"
            )


def create(api: Api, rows: Sequence[OutboxRow], group: str) -> dict[str, str]:
    """One call; why properties were refused, by name."""
    inputs = [
        {
            "name": property_name(str(row.new["field"])),
            "label": marked(str(row.new.get("label") or row.new["field"])),
            "groupName": group, "type": "string", "fieldType": "textarea", "formField": False,
        }
        for row in rows
    ]  # fmt: skip
    try:
        answer = api.call(api.property_batch.create, OF, {"inputs": inputs})
    except Rejected as no:
        return {str(one["name"]): no.said for one in inputs}
    return {
        str(name): str(error.get("category") or "refused")
        for error in answer.get("errors") or ()
        for name in (error.get("context") or {}).get("name") or ()
    }


def group_there(api: Api, group: str) -> bool:
    """Makes the property group where it is missing; whether it then is there, since an answer may
    say OK and nothing was made."""
    if group in groups(api):
        return True
    try:
        api.call(api.groups.create, OF, {"name": group, "label": GROUP_LABEL})
    except Rejected as no:
        if no.status != 409:
            raise
    return group in groups(api)


def groups(api: Api) -> set[str]:
    """The names of the property groups of contacts."""
    rows = api.read("results", api.groups.get_all, OF)["results"]
    return {str(row["name"]) for row in rows}


def drop_fields(api: Api, rows: Sequence[OutboxRow], group: str) -> Iterator[Outcome]:
    """Archives properties that we made, and their group with the last of them."""
    if not rows:
        return
    there = {field.id: field.ours for field in fields(api)}
    names = {row.id: property_name(str(row.new["drop_field"])) for row in rows}
    ours = sorted({name for name in names.values() if there.get(name)})
    refused = ""
    try:
        for part in batched(ours, A_CALL, strict=False):
            body = {"inputs": [{"name": name} for name in part]}
            api.call(api.property_batch.archive, OF, body)
    except Rejected as no:
        refused = no.said
    if ours and not refused and set(ours) == {name for name, own in there.items() if own}:
        drop_group(api, group)
    for row in rows:
        state = there.get(names[row.id])
        reason = refused if state else None if state is None else NOT_OURS
        yield Outcome(
            row=row.id, result="refused" if reason else "accepted", reason=reason or None
        )  # fmt: skip


def drop_group(api: Api, group: str) -> None:
    """Removes the group; one that others have put properties into stays."""
    try:
        api.call(api.groups.archive, OF, group)
    except Rejected:
        return


def make_list(api: Api, row: OutboxRow, folder: int | None) -> Outcome:
    """Makes the static list of a tag."""
    tag = str(row.new["tag"])
    body = {"name": list_name(tag), "objectTypeId": CONTACTS, "processingType": "MANUAL"}
    more = {"listFolderId": folder} if folder is not None else {}
    try:
        api.call(api.lists.create, {**body, **more})
    except Rejected as no:
        # Its words are for people, and a first try may have worked: only a look can tell.
        if tag not in {one.name for one in our_lists(api)}:
            return Outcome(row=row.id, result="refused", reason=no.said)
    return Outcome(row=row.id, result="accepted")


def drop_list(api: Api, row: OutboxRow) -> Outcome:
    """Deletes the list of a tag; HubSpot keeps it in its bin for 90 days."""
    for one in our_lists(api):
        if one.name == row.new["drop_tag"]:
            try:
                api.call(api.lists.remove, one.id)
            except Rejected as no:
                if no.status != 404:
                    return Outcome(row=row.id, result="refused", reason=no.said)
    return Outcome(row=row.id, result="accepted")
