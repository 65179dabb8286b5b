"""What a marketer pastes and picks: merge tags or tokens for fields, tags or lists for segments,
by the words of each destination."""

from connectors.shared.words import words_of
from functions.shop import Shop
from personalization.connector import Destination
from personalization.models import Frozen
from personalization.plan.setup import label


class FieldSnippet(Frozen):
    """The text to paste for a field, and what it shows where there is nothing personal. `named` is
    what to look for in the destination's own editor."""

    field: str
    named: str
    label: str
    paste: str
    fallback: str


class TagSnippet(Frozen):
    """A tag, or what a destination has instead, and whom it holds. `named` is what to look for
    there."""

    tag: str
    named: str
    segment: str
    means: str


class Headings(Frozen):
    """What stands above and beside it, in the destination's words."""

    fields: str
    how: str
    default: str
    tags: str
    pick: str
    tag: str


class Snippets(Frozen):
    """Everything to paste and to pick for one destination."""

    destination: str
    fields: tuple[FieldSnippet, ...]
    tags: tuple[TagSnippet, ...]
    headings: Headings


def snippets(shop: Shop, destination: Destination) -> Snippets:
    """A playbook's fields and tags as they are used in one destination."""
    playbook, words = shop.playbook, words_of(destination.name)
    place = f"{destination.name}/{destination.account}"
    return Snippets(
        destination=place,
        headings=Headings(
            fields=words.fields.format(place=place), how=words.how, default=words.default,
            tags=words.tags, pick=words.pick, tag=words.tag,
        ),
        fields=tuple(
            FieldSnippet(
                field=one.name, label=one.label or one.name, fallback=one.fallback,
                named=label(one) if words.labelled else one.label or one.name,
                paste=destination.snippet(one.name, one.fallback),
            )
            for one in playbook.fields.values()
        ),
        tags=tuple(
            TagSnippet(
                tag=one.tag, segment=one.name, named=words.tag_named(one.tag),
                means=f"{one.title}: {one.source}" if one.title else one.source,
            )
            for one in playbook.segments.values()
            if one.tag
        ),
    )  # fmt: skip
