"""What a marketer pastes and picks: merge tags for fields, tags for segments."""

from functions.shop import Shop
from personalization.connector import Destination
from personalization.models import Frozen


class FieldSnippet(Frozen):
    """The text to paste for a field, and what it shows where there is nothing personal."""

    field: str
    label: str
    paste: str
    fallback: str


class TagSnippet(Frozen):
    """A tag to pick in the campaign builder, and whom it holds."""

    tag: str
    segment: str
    means: str


class Snippets(Frozen):
    """Everything to paste and to pick for one destination."""

    destination: str
    fields: tuple[FieldSnippet, ...]
    tags: tuple[TagSnippet, ...]


def snippets(shop: Shop, destination: Destination) -> Snippets:
    """A playbook's fields and tags as they are used in one destination."""
    playbook = shop.playbook
    return Snippets(
        destination=f"{destination.name}/{destination.account}",
        fields=tuple(
            FieldSnippet(
                field=one.name, label=one.label or one.name, fallback=one.fallback,
                paste=destination.snippet(one.name, one.fallback),
            )
            for one in playbook.fields.values()
        ),
        tags=tuple(
            TagSnippet(
                tag=one.tag, segment=one.name,
                means=f"{one.title}: {one.source}" if one.title else one.source,
            )
            for one in playbook.segments.values()
            if one.tag
        ),
    )  # fmt: skip
