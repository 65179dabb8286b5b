"""Every change of state, and nothing else changes it. Each function changes, keeps `last_changed`,
and records the effect with the way to undo it. One that finds nothing to change records nothing.
"""

from typing import Any

from connectors.sandbox.ledger import Recorder
from connectors.sandbox.mailchimp.state import Audience, Event, Member, Segment, hashed


def _moved(audience: Audience, member: Member, moment: int) -> None:
    member.last_changed = moment
    audience.version += 1


def _restore(audience: Audience, member: Member, **values: Any) -> None:
    for name, value in values.items():
        setattr(member, name, value)
    audience.version += 1


def create(audience: Audience, recorder: Recorder, member: Member) -> None:
    """Puts a new member into the audience."""
    audience.members[member.id] = member
    audience.by_contact[member.contact_id] = member.id
    audience.version += 1

    def undo() -> None:
        audience.members.pop(member.id)
        audience.by_contact.pop(member.contact_id)
        audience.version += 1

    after = {"status": member.status}
    moment = recorder.record(
        "created", undo, list=audience.id, member=member.id, standing=None, after=after
    )
    member.last_changed = member.timestamp_signup = moment
    if member.status == "subscribed":
        member.timestamp_opt = moment


_KIND = {
    "unsubscribed": "unsubscribed",
    "cleaned": "cleaned",
    "archived": "archived",
    "pending": "confirmation_asked",
    "subscribed": "resubscribed",
    "transactional": "status_changed",
}


def set_status(audience: Audience, recorder: Recorder, member: Member, status: str) -> None:
    """Moves a member to a status. The ledger calls every way back to subscribed `resubscribed`,
    except a confirmation of a pending member, which is a first subscription."""
    before, left_by, changed = member.status, member.left_by, member.last_changed
    opted = member.timestamp_opt
    if before == status:
        return
    member.status = status
    member.left_by = recorder.actor if status in ("unsubscribed", "cleaned") else None
    kind = "confirmed" if (before, status) == ("pending", "subscribed") else _KIND[status]
    moment = recorder.record(
        kind,
        lambda: _restore(
            audience,
            member,
            status=before,
            left_by=left_by,
            last_changed=changed,
            timestamp_opt=opted,
        ),
        list=audience.id,
        member=member.id,
        standing=before,
        before={"status": before},
        after={"status": status},
    )
    if status == "subscribed":
        member.timestamp_opt = moment
    _moved(audience, member, moment)


def write_fields(
    audience: Audience, recorder: Recorder, member: Member, values: dict[str, Any]
) -> None:
    """Writes those values that differ; one effect a call, with old and new by merge tag."""
    old = member.merge_fields
    after = {tag: value for tag, value in values.items() if old.get(tag, "") != value}
    if not after:
        return
    changed = member.last_changed
    member.merge_fields = {**old, **after}
    moment = recorder.record(
        "field_written",
        lambda: _restore(audience, member, merge_fields=old, last_changed=changed),
        list=audience.id,
        member=member.id,
        standing=member.status,
        before={tag: old.get(tag, "") for tag in after},
        after=after,
    )
    _moved(audience, member, moment)


def write_attributes(
    audience: Audience, recorder: Recorder, member: Member, values: dict[str, Any]
) -> None:
    """Writes language, VIP status, location and such, where they differ."""
    before = {name: getattr(member, name) for name in values}
    after = {name: value for name, value in values.items() if before[name] != value}
    if not after:
        return
    before = {name: before[name] for name in after}
    changed = member.last_changed
    for name, value in after.items():
        setattr(member, name, value)
    moment = recorder.record(
        "attribute_written",
        lambda: _restore(audience, member, last_changed=changed, **before),
        list=audience.id,
        member=member.id,
        standing=member.status,
        before=before,
        after=after,
    )
    _moved(audience, member, moment)


def _rekey(audience: Audience, member: Member, email: str) -> None:
    audience.members.pop(member.id)
    for segment in audience.segments.values():
        if member.id in segment.members:
            segment.members.pop(member.id)
            segment.members[hashed(email)] = None
    member.id, member.email_address = hashed(email), email
    audience.members[member.id] = member
    audience.by_contact[member.contact_id] = member.id
    audience.version += 1


def change_email(audience: Audience, recorder: Recorder, member: Member, email: str) -> None:
    """Gives a member another address, and so another id; the contact id stays."""
    old, changed = member.email_address, member.last_changed
    if old == email:
        return
    _rekey(audience, member, email)

    def undo() -> None:
        _rekey(audience, member, old)
        member.last_changed = changed

    moment = recorder.record(
        "email_changed",
        undo,
        list=audience.id,
        member=hashed(old),
        standing=member.status,
        before={"id": hashed(old)},
        after={"id": member.id},
    )
    _moved(audience, member, moment)


def add_tag(audience: Audience, recorder: Recorder, member: Member, segment: Segment) -> bool:
    """Tags a member; False where the tag was there."""
    return _tag(audience, recorder, member, segment, wanted=True)


def remove_tag(audience: Audience, recorder: Recorder, member: Member, segment: Segment) -> bool:
    """Takes a tag away; False where there was none."""
    return _tag(audience, recorder, member, segment, wanted=False)


def _place(member: Member, segment: Segment, since: int | None) -> None:
    if since is None:
        member.tags.pop(segment.id, None)
        segment.members.pop(member.id, None)
    else:
        member.tags[segment.id] = since
        segment.members[member.id] = None


def _tag(
    audience: Audience, recorder: Recorder, member: Member, segment: Segment, wanted: bool
) -> bool:
    if (segment.id in member.tags) is wanted:
        return False
    since, changed, updated = member.tags.get(segment.id), member.last_changed, segment.updated_at

    def undo() -> None:
        _place(member, segment, since)
        _restore(audience, member, last_changed=changed)
        segment.updated_at = updated

    moment = recorder.record(
        "tag_added" if wanted else "tag_removed",
        undo,
        list=audience.id,
        member=member.id,
        standing=member.status,
        name=segment.name,
        before=not wanted,
        after=wanted,
    )
    _place(member, segment, moment if wanted else None)
    segment.updated_at = moment
    if audience.tags_move_last_changed:
        _moved(audience, member, moment)
    return True


def add_event(audience: Audience, recorder: Recorder, member: Member, event: Event) -> None:
    """Adds an event. The member's own data stays as it was, and so does `last_changed`."""
    member.events.append(event)
    recorder.record(
        "event",
        member.events.pop,
        list=audience.id,
        member=member.id,
        standing=member.status,
        name=event.name,
        after={"properties": event.properties, "is_syncing": event.syncing},
    )


def erase(audience: Audience, recorder: Recorder, member: Member) -> None:
    """Deletes a member for ever; the address cannot be imported again."""
    audience.members.pop(member.id)
    audience.by_contact.pop(member.contact_id)
    audience.forgotten.add(member.id)
    held = [audience.segments[number] for number in member.tags]
    for segment in held:
        segment.members.pop(member.id)
    audience.version += 1

    def undo() -> None:
        audience.members[member.id] = member
        audience.by_contact[member.contact_id] = member.id
        audience.forgotten.discard(member.id)
        for segment in held:
            segment.members[member.id] = None
        audience.version += 1

    recorder.record(
        "erased", undo, list=audience.id, member=member.id, standing=member.status, before={}
    )
