"""What marketers call things in each outside system, for those who paste and pick there.

HubSpot calls its lists segments as well, and so does its own reference ("Segments (Lists) API");
its editor's token takes a default value of its own. Klaviyo sends to lists and segments, and to a
list also whom nobody asked (docs/vendors/klaviyo.md).
"""

from collections.abc import Callable
from typing import NamedTuple

from connectors.shared.ours import list_name


def as_it_is(name: str) -> str:
    """A name that is the same there."""
    return name


class Words(NamedTuple):
    """`fields` heads what shows fields and `how` says how; `tags` heads what holds groups and
    `pick` says where to pick it; `tag` is what a group is called, `default` what a fallback is.
    `labelled` says that its editor names a field by the label that a plan gave it; `tag_named`
    is what a tag is called there."""

    fields: str = "To paste into a campaign of {place}"
    how: str = ""
    default: str = "without a personal value"
    tags: str = "Tags to pick in the campaign builder"
    pick: str = ""
    tag: str = "tag"
    labelled: bool = False
    tag_named: Callable[[str], str] = as_it_is


WORDS = {
    "hubspot": Words(
        fields="Contact properties to show in an e-mail of {place}",
        how="In the drag-and-drop editor, insert a personalization token of the contact property "
        "named here, and give the token the default value. In a coded module or template, paste "
        "the line below it.",
        default="default value",
        tags="Lists to send to (HubSpot also calls them segments)",
        pick="Pick them as an e-mail's recipients, or as what enrols in a workflow. They are "
        "static: this product keeps them up.",
        tag="list",
        labelled=True,
        tag_named=list_name,
    ),
    "klaviyo": Words(
        fields="Profile properties to paste into an e-mail or text of {place}",
        default="default",
        tags="Lists to build segments on",
        pick="Send to a Klaviyo segment that asks for the list and for consent: a list holds "
        "whoever is in the segment here, also those who never agreed.",
        tag="list",
        tag_named=list_name,
    ),
    "webhook": Words(
        fields="For templates of what receives {place}, in Liquid",
        default="default",
        tags="Tags, by the names that the receiver gets",
    ),
}
"""By connector; one that is not here is spoken of in general words."""


def words_of(connector: str) -> Words:
    """A connector's words."""
    return WORDS.get(connector, Words())
