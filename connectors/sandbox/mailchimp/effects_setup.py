"""Changes of what an audience is made of: merge fields and segments. Same rules as `effects`."""

from typing import Any

from connectors.sandbox.ledger import Recorder
from connectors.sandbox.mailchimp.state import Audience, MergeField, Segment


def add_field(audience: Audience, recorder: Recorder, column: MergeField) -> None:
    """Adds a merge field."""
    audience.merge_fields[column.merge_id] = column
    recorder.record(
        "merge_field_created",
        lambda: audience.merge_fields.pop(column.merge_id),
        list=audience.id,
        name=column.tag,
        after={"name": column.name, "type": column.type},
    )


def change_field(
    audience: Audience, recorder: Recorder, column: MergeField, values: dict[str, Any]
) -> None:
    """Changes a merge field. Members keep their values under a changed tag."""
    before = {name: getattr(column, name) for name in values}
    after = {name: value for name, value in values.items() if before[name] != value}
    if not after:
        return
    _assign(audience, column, after)
    recorder.record(
        "merge_field_changed",
        lambda: _assign(audience, column, {name: before[name] for name in after}),
        list=audience.id,
        name=column.tag,
        before={name: before[name] for name in after},
        after=after,
    )


def _assign(audience: Audience, column: MergeField, values: dict[str, Any]) -> None:
    old = column.tag
    for name, value in values.items():
        setattr(column, name, value)
    if column.tag != old:
        for member in audience.members.values():
            if old in member.merge_fields:
                member.merge_fields[column.tag] = member.merge_fields.pop(old)


def drop_field(audience: Audience, recorder: Recorder, column: MergeField) -> None:
    """Removes a merge field and every value in it."""
    place = list(audience.merge_fields)
    audience.merge_fields.pop(column.merge_id)
    held = {
        member.id: member.merge_fields.pop(column.tag)
        for member in audience.members.values()
        if column.tag in member.merge_fields
    }

    def undo() -> None:
        columns = {**audience.merge_fields, column.merge_id: column}
        audience.merge_fields = {number: columns[number] for number in place}
        for member_id, value in held.items():
            audience.members[member_id].merge_fields[column.tag] = value

    recorder.record(
        "merge_field_deleted",
        undo,
        list=audience.id,
        name=column.tag,
        before={"name": column.name, "members": len(held)},
    )


def add_segment(audience: Audience, recorder: Recorder, name: str) -> Segment:
    """Makes an empty static segment, which is a tag."""
    segment = Segment(audience.next_segment_id, name, 0, 0)
    audience.next_segment_id += 1
    audience.segments[segment.id] = segment
    segment.created_at = segment.updated_at = recorder.record(
        "tag_created", lambda: audience.segments.pop(segment.id), list=audience.id, name=name
    )
    return segment


def rename_segment(audience: Audience, recorder: Recorder, segment: Segment, name: str) -> None:
    """Gives a tag another name."""
    old, updated = segment.name, segment.updated_at
    if old == name:
        return

    def undo() -> None:
        segment.name, segment.updated_at = old, updated

    segment.name = name
    segment.updated_at = recorder.record(
        "tag_renamed",
        undo,
        list=audience.id,
        name=old,
        before=old,
        after=name,
    )


def drop_segment(audience: Audience, recorder: Recorder, segment: Segment) -> None:
    """Deletes a tag and takes it from everyone who has it."""
    audience.segments.pop(segment.id)
    held = {member: audience.members[member].tags.pop(segment.id) for member in segment.members}

    def undo() -> None:
        audience.segments[segment.id] = segment
        for member, since in held.items():
            audience.members[member].tags[segment.id] = since

    recorder.record(
        "tag_deleted", undo, list=audience.id, name=segment.name, before={"members": len(held)}
    )
