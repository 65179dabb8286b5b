"""A sandbox's account and portal in a file of JSON, so that one can be stopped and go on another time."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from connectors.sandbox.hubspot.catalogue import new_portal
from connectors.sandbox.hubspot.saved import kept, restored
from connectors.sandbox.mailchimp import kept as beside
from connectors.sandbox.mailchimp.state import (
    Account,
    Audience,
    Category,
    Event,
    Member,
    MergeField,
    Segment,
)
from connectors.sandbox.world import World

_PLAIN = ("id", "name", "created_at", "next_web_id", "next_merge_id", "next_segment_id")


def save(world: World, path: Path) -> None:
    """Writes audiences, portal and clock whole, or not at all. Jobs under way are not kept."""
    lists = [
        {
            **{name: getattr(audience, name) for name in _PLAIN},
            "tags_move_last_changed": audience.tags_move_last_changed,
            "members": [asdict(member) for member in audience.members.values()],
            "merge_fields": [asdict(column) for column in audience.merge_fields.values()],
            "segments": [asdict(segment) for segment in audience.segments.values()],
            "forgotten": sorted(audience.forgotten),
            "categories": [asdict(one) for one in audience.categories.values()],
            "permissions": audience.permissions,
            "webhooks": audience.webhooks,
        }
        for audience in world.account.audiences.values()
    ]
    part = path.with_name(path.name + ".part")
    content = {
        "now": world.clock.now,
        "lists": lists,
        "beside": beside.kept(world.account.holdings),
        "portal": kept(world.portal),
    }
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(path)


def load(world: World, path: Path) -> None:
    """Puts a saved account in the place of the world's."""
    content = json.loads(path.read_text(encoding="utf-8"))
    world.clock.now = content["now"]
    world.account = Account({row["id"]: _audience(row) for row in content["lists"]})
    if "beside" in content:
        world.account.holdings = beside.restored(content["beside"])
    settings, failures = world.portal.settings, world.portal.failures
    world.portal = restored(content["portal"]) if "portal" in content else new_portal()
    world.portal.settings, world.portal.failures = settings, failures


def _audience(row: dict[str, Any]) -> Audience:
    audience = Audience(**{name: row[name] for name in _PLAIN})
    audience.tags_move_last_changed = row["tags_move_last_changed"]
    audience.forgotten = set(row["forgotten"])
    audience.categories = {one["id"]: Category(**one) for one in row.get("categories", ())}
    audience.permissions = row.get("permissions", [])
    audience.webhooks = row.get("webhooks", [])
    for member in map(_member, row["members"]):
        audience.members[member.id] = member
        audience.by_contact[member.contact_id] = member.id
    audience.merge_fields = {f["merge_id"]: MergeField(**f) for f in row["merge_fields"]}
    audience.segments = {s["id"]: Segment(**s) for s in row["segments"]}
    return audience


def _member(row: dict[str, Any]) -> Member:
    row["tags"] = {int(number): since for number, since in row["tags"].items()}
    row["events"] = [Event(**event) for event in row["events"]]
    return Member(**row)
