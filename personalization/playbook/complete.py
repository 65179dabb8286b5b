"""The three capabilities that make personalization of segmentation, checked where asked for."""

from collections.abc import Mapping

from personalization.models import BEHAVIOUR, FEEDBACK, PURCHASE
from personalization.playbook.bodies import Content
from personalization.playbook.mistakes import Notes
from personalization.playbook.model import Segment, Trait, Trigger
from personalization.playbook.source import Table

KINDS_OF_DATA = ("demographic", "behavioural", "purchase", "feedback")
EXAMPLES = {
    "demographic": "a trait such as {attribute: city}",
    "behavioural": "a trait such as {count: visit, window: 30d}",
    "purchase": "a trait such as {count: order, window: 90d}",
    "feedback": "a trait such as {last: feedback.rating}",
}


def check(
    table: Table,
    traits: Mapping[str, Trait | None],
    segments: Mapping[str, Segment | None],
    content: Content,
    triggers: Mapping[str, Trigger | None],
    notes: Notes,
) -> None:
    """Notes each capability that is lacking, at the key `complete`."""
    if not all((*traits.values(), *segments.values(), *triggers.values())):
        return  # wrong ones are noted already, and may be what is lacking
    place = table.keys["complete"]
    used = names_used(segments, content, triggers)
    has = {kind_of_data(trait) for name, trait in traits.items() if trait and name in used}
    for kind in KINDS_OF_DATA:
        if kind not in has:
            message = f"complete: no {kind} data is used by a segment, a template or a trigger"
            notes.add(place.mistake(message, None, f"use {EXAMPLES[kind]}"))
    if not any(used.picks or used.names & set(traits) for used in content.used.values()):
        remedy = "use picks or a trait in a field's template"
        notes.add(place.mistake("complete: no content is unique to the person", None, remedy))
    if not triggers:
        remedy = "add a trigger"
        notes.add(place.mistake("complete: nothing comes at a time relevant to the person", None,
                                remedy))  # fmt: skip


def names_used(
    segments: Mapping[str, Segment | None],
    content: Content,
    triggers: Mapping[str, Trigger | None],
) -> set[str]:
    """Traits and segments that something depends on."""
    found = {name for segment in segments.values() if segment for name in segment.uses}
    found |= {name for used in content.used.values() for name in used.names}
    return found | {trigger.at for trigger in triggers.values() if trigger and trigger.at}


def kind_of_data(trait: Trait) -> str | None:
    """Which of the four kinds of customer data a trait is computed from."""
    if trait.event is None:
        return "demographic"
    kinds = {"behavioural": BEHAVIOUR, "purchase": PURCHASE, "feedback": FEEDBACK}
    return next((kind for kind, events in kinds.items() if trait.event in events), None)
