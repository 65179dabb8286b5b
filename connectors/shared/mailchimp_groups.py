"""Groups (interest categories) as attributes, marketing permissions as consent.

A group of which a contact may choose one (radio, dropdown) becomes an attribute of its title that
is the name chosen; of which several may, the list of names, which a segment reads as
`tastes like '%"Green tea"%'`. A contact who chose none has no such attribute.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.shared.mailchimp_api import Api, every
from personalization.errors import Stop
from personalization.models import Frozen

ONE_OF = frozenset({"radio", "dropdown"})


class Choice(Frozen):
    """One name within a group."""

    group: str
    name: str
    single: bool


@dataclass
class Groups:
    """The groups of an audience, read when the first contact shows that there are any, and again
    when one shows a choice that is not known yet."""

    api: Api
    known: dict[str, Choice] = field(default_factory=dict)

    def facts(self, interests: Mapping[str, bool]) -> dict[str, Any]:
        """A contact's choices by group: a name, a list of names, or None for none chosen."""
        if not interests.keys() <= self.known.keys():
            self.known |= dict.fromkeys(interests, NOWHERE) | dict(choices(self.api))
        names: dict[str, list[str]] = {}
        single: set[str] = set()
        for id, chosen in interests.items():
            one = self.known[id]
            if one is not NOWHERE:
                names.setdefault(one.group, []).extend([one.name] if chosen else [])
                single |= {one.group} if one.single else set()
        return {
            group: (said[0] if group in single else sorted(said)) if said else None
            for group, said in names.items()
        }


NOWHERE = Choice(group="", name="", single=False)
"""A choice that contacts show and no group lists: one that was just removed."""


def choices(api: Api) -> Iterator[tuple[str, Choice]]:
    """Every choice by its id: one call for the groups and one for each."""
    wanted = ["categories.id", "categories.title", "categories.type", "total_items"]
    groups = every(api, "categories", api.lists.get_list_interest_categories, api.audience,
                   fields=wanted)  # fmt: skip
    for group in groups:
        rows = every(api, "interests", api.lists.list_interest_category_interests, api.audience,
                     group["id"], fields=["interests.id", "interests.name", "total_items"])  # fmt: skip
        for row in rows:
            yield str(row["id"]), Choice(group=str(group["title"]), name=str(row["name"]),
                                         single=group.get("type") in ONE_OF)  # fmt: skip


def agreed(name: str, said: object, permissions: Mapping[str, str]) -> dict[str, str]:
    """What a contact's marketing permissions say, of those that the settings name, as a record's
    `consent`: ticked is consent, not ticked is none, and counts as an opt-out. `name` is connector
    and account."""
    found = {}
    for one in said if isinstance(said, list) else ():
        id = str(one.get("marketing_permission_id"))
        if id in permissions:
            found[f"{name}/{id} {permissions[id]}"] = "in" if one.get("enabled") is True else "out"
    return found


def must_show(
    name: str, members: Sequence[Mapping[str, Any]], permissions: Mapping[str, str]
) -> None:
    """Raises Stop where the settings name a permission that no subscribed member of a page shows:
    not ticked it would be an opt-out, and not there it would be nothing, so that people who never
    agreed would be sent to. That members show all permissions of their audience is unverified."""
    told = [one.get("marketing_permissions") or () for one in members
            if one.get("status") == "subscribed"]  # fmt: skip
    held = {str(one.get("marketing_permission_id")) for said in told for one in said}
    missing = sorted(set(permissions) - held)
    if told and missing:
        raise Stop(f"{name}: the audience has no marketing permission {', '.join(missing)} (it has: "
                   f"{', '.join(sorted(held)) or 'none'}). Correct `permissions` in this account's "
                   "settings: of a box that is not there nobody's word would count.")  # fmt: skip
