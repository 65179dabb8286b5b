"""Merge fields and tags of an audience: listed, made, and removed again. A tag is a static
segment; the API never makes one by the way here, so that the plan names every one."""

from connectors.shared.http import Rejected
from connectors.shared.mailchimp_api import Api, every
from personalization.connector import MARK, Outcome, RemoteField, RemoteTag
from personalization.models import OutboxRow

LABEL_CHARS = 50


def fields(api: Api) -> list[RemoteField]:
    """All merge fields."""
    wanted = ["merge_fields.tag", "merge_fields.name", "merge_fields.merge_id", "total_items"]
    rows = every(
        api, "merge_fields", api.lists.get_list_merge_fields, api.audience, fields=wanted
    )  # fmt: skip
    return [
        RemoteField(name=str(row["tag"]), label=str(row.get("name", "")), id=str(row["merge_id"]),
                    ours=str(row.get("name", "")).endswith(MARK))
        for row in rows
    ]  # fmt: skip


def tags(api: Api) -> list[RemoteTag]:
    """All tags."""
    wanted = ["segments.id", "segments.name", "segments.member_count", "total_items"]
    rows = every(
        api, "segments", api.lists.list_segments, api.audience, type="static", fields=wanted
    )  # fmt: skip
    return [
        RemoteTag(name=str(row["name"]), id=str(row["id"]), members=int(row.get("member_count", 0)))
        for row in rows
    ]


def set_up(api: Api, row: OutboxRow) -> Outcome:
    """Carries out one setup row; what is so already is accepted."""
    try:
        refused = one(api, row)
    except Rejected as no:
        # Only a look can tell "it is there already" from another refusal: the words of the
        # answer are for people, and a first try may have worked without its answer reaching us.
        if not already(api, row):
            return Outcome(row=row.id, result="refused", reason=f"{no.status} {no.reason}")
        refused = None
    if refused:
        return Outcome(row=row.id, result="refused", reason=refused)
    return Outcome(row=row.id, result="accepted")


def one(api: Api, row: OutboxRow) -> str | None:
    """Makes or removes what a row names; why not, where it must not."""
    new = row.new
    if "field" in new:
        body = {"tag": new["field"], "name": label(str(new.get("label") or new["field"])),
                "type": "text", "public": False}  # fmt: skip
        api.call(api.lists.add_list_merge_field, api.audience, body)
    elif "tag" in new:
        api.call(api.lists.create_segment, api.audience, {"name": new["tag"], "static_segment": []})
    elif "drop_field" in new:
        for field in fields(api):
            if field.name == new["drop_field"] and not field.ours:
                return "the field was not made by this product"
            if field.name == new["drop_field"]:
                api.call(api.lists.delete_list_merge_field, api.audience, field.id)
    elif "drop_tag" in new:
        for tag in tags(api):
            if tag.name == new["drop_tag"]:
                api.call(api.lists.delete_segment, api.audience, tag.id)
    else:
        return "the row names nothing to set up"
    return None


def already(api: Api, row: OutboxRow) -> bool:
    """Whether the audience is as a row wants it."""
    if "field" in row.new or "drop_field" in row.new:
        names = {field.name for field in fields(api)}
    else:
        names = {tag.name for tag in tags(api)}
    wanted = row.new.get("field") or row.new.get("tag")
    return wanted in names if wanted else not names & set(row.new.values())


def label(text: str) -> str:
    """A label with our mark, as long as a merge field's name may be."""
    text = text.removesuffix(MARK).strip()
    return f"{text[: LABEL_CHARS - len(MARK) - 1].strip()} {MARK}"
