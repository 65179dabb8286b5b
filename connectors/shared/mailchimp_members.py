"""Members of an audience as records, in pages that a kill between any two loses nothing of.

Mailchimp tells what changed after a second, a thousand a page by offset. Three things follow:

- The cursor is the furthest second seen, and the next pull reads that second again (it may have
  gone on); records repeat, none is lost.
- While one reads, a member who changes moves to the end, and all behind move up by one, across the
  edge between two pages. So a page begins with the last ten members of the one before, and what
  is new in it comes after the last that is known; where none is known, reading steps back. Whoever has not
  moved stands before all that were not read yet, so nobody is passed over.
- Archived members come only when asked for by that status, so a pull walks twice, and the cursor
  holds one second for each walk. A pull right after our own writes walks there only if somebody
  who was written to shows nowhere else: who was archived meanwhile comes with the next pull.
- Whether a tag moves `last_changed` is not documented. So members whose tags were just written and
  whom the pages do not show with them are read once more, by id.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Any, get_args

from connectors.shared.mailchimp_api import Api, every
from connectors.shared.mailchimp_groups import Groups, agreed, must_show
from connectors.shared.mailchimp_reading import Member, read_members
from connectors.shared.moments import micros, seconds
from personalization.connector import Page, stamp
from personalization.errors import Retry
from personalization.models import SECOND, Micros, Record, Status

COUNT = 1000
SHARED = 10
AT_ONCE = 5_000
MOST_IDLE = 50
OF_ONE = (
    "id", "contact_id", "email_address", "status", "merge_fields", "language", "last_changed",
    "tags.name", "tags_count", "location.timezone", "location.country_code", "location.region",
    "interests", "marketing_permissions",
)  # fmt: skip
WANTED = ["total_items", *(f"members.{name}" for name in OF_ONE)]
Unread = dict[str, dict[str, bool]]
"""Members by outside id whose tags were written and not yet seen: {tag: wanted}."""


@dataclass(frozen=True)
class Reading:
    """How members become records. `name` is connector and account, `ours` the merge fields that
    are ours, `permissions` what each marketing permission is consent to."""

    api: Api
    name: str
    ours: frozenset[str]
    groups: Groups
    permissions: Mapping[str, str]


def pull(
    how: Reading, cursor: str | None, overlap: int, unread: Unread, deadline: float,
    written: Collection[str] | None = None,
) -> Iterator[Page]:  # fmt: skip
    """Pages of records since the cursor: archived members, then all others, then those of
    `unread` whose tags did not show; who was read is taken out of it. `overlap` is how many
    seconds before the furthest one are read again besides that one itself. `written` are the
    outside ids that this process has just written, after a pull of everything; None otherwise."""
    others, archived = (int(part) for part in (cursor or "0 0").split(" "))

    def page(members: list[Member], total: int) -> Page:
        must_show(how.name, members, how.permissions)
        records = tuple(record(how, member) for member in members)
        shown(records, unread)
        return Page(records=records, total=total,
                    cursor=f"{stamp(others)} {stamp(archived)}")  # fmt: skip

    # Whose tags alone were written is looked for by id in the end.
    missing = set(written or ()) - unread.keys()
    walks = ("", "archived") if written is not None else ("archived", "")
    for status in walks:
        if status and written is not None and not missing:
            continue
        since, only = (archived, {"status": "archived"}) if status else (others, {})
        for members, total in walk(how.api, since, overlap, only):
            since = max(since, *(micros(member["last_changed"]) for member in members))
            others, archived = (others, since) if status else (since, archived)
            told = page(members, total)
            missing.difference_update(one.outside_id for one in told.records)
            yield told
    for group in batched(tuple(unread), AT_ONCE, strict=False):
        found = [one for one in read_members(how.api, group, OF_ONE, deadline).values() if one]
        if found:
            yield page(found, len(found))
        for id in group:
            unread.pop(id, None)


def shown(records: Iterable[Record], unread: Unread) -> None:
    """Takes out who shows the tags that were written."""
    for one in records:
        wanted = unread.get(one.outside_id)
        if wanted and all((tag in (one.tags or ())) is on for tag, on in wanted.items()):
            unread.pop(one.outside_id)


def walk(
    api: Api, furthest: Micros, overlap: int, only: Mapping[str, str]
) -> Iterator[tuple[list[Member], int]]:
    """The members that changed in or after the furthest second, by their change, in pages that
    are never empty, with how many there are. Raises Retry where pages lead nowhere."""
    window = dict(only)
    if furthest:
        window["since_last_changed"] = seconds(furthest - (1 + overlap) * SECOND)
    before: set[tuple[str, str]] = set()
    offset = idle = 0
    while idle < MOST_IDLE:
        answer = api.read(
            "members", api.lists.get_list_members_info, api.audience, fields=WANTED,
            count=COUNT, offset=offset, sort_field="last_changed", sort_dir="ASC", **window,
        )  # fmt: skip
        members, total = answer["members"], int(answer.get("total_items", 0))
        marks = [(str(member["id"]), str(member["last_changed"])) for member in members]
        known = max((n for n, mark in enumerate(marks) if mark in before), default=-1)
        if before and known < 0 and offset > 0:
            # More have moved up than one page overlaps: step back until a known one shows.
            offset, idle = max(0, offset - COUNT // 2), idle + 1
            continue
        fresh = members[known + 1 :]
        if fresh:
            yield fresh, total
        idle = 0 if fresh else idle + 1
        before = set(marks)
        if offset + len(members) >= total:
            return
        offset = max(0, offset + len(members) - SHARED)
    raise Retry(f"{api.wire.place}: pages of members lead nowhere", 60)


def record(how: Reading, member: Member) -> Record:
    """A member as a record."""
    known = str(member.get("contact_id") or member["id"])
    values = dict(member.get("merge_fields") or {})
    location = member.get("location") or {}
    attributes = how.groups.facts(member.get("interests") or {})
    attributes |= {tag: fact(value) for tag, value in values.items() if tag not in how.ours}
    attributes |= {
        "country": location.get("country_code") or None,
        "region": location.get("region") or None,
        "language": member.get("language") or None,
    }
    status = member["status"]
    return Record(
        alias=f"{how.name}:{known}",
        # Not the hash of the address, which another address changes; paths take either.
        outside_id=known,
        email=member.get("email_address") or None,
        status=status if status in get_args(Status) else "archived",
        values={tag: str(value) for tag, value in values.items() if not isinstance(value, dict)},
        tags=tags(how.api, member),
        attributes=attributes,
        consent=agreed(how.name, member.get("marketing_permissions"), how.permissions),
        zone=location.get("timezone") or None,
        language=member.get("language") or None,
        changed_at=micros(member["last_changed"]),
    )


def fact(value: Any) -> Any:
    """A merge field that is not ours as a fact: an address on one line, nothing as None."""
    if isinstance(value, dict):
        value = ", ".join(str(part) for part in value.values() if part)
    return None if value == "" else value


def tags(api: Api, member: Member) -> tuple[str, ...]:
    """A member's tags. A page shows at most fifty of them; who has more is asked for alone."""
    shown = member.get("tags") or []
    if int(member.get("tags_count") or 0) > len(shown):
        shown = every(api, "tags", api.lists.get_list_member_tags, api.audience, member["id"],
                      fields=["tags.name", "total_items"])  # fmt: skip
    return tuple(sorted(str(tag["name"]) for tag in shown))
