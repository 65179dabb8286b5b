"""What came of decisions: events that carry the token of one."""

from collections.abc import Mapping

from personalization.models import Micros
from personalization.receipt.model import ClickLine
from personalization.store.protocol import Store


def clicks(store: Store, contact: str, at: Micros) -> Mapping[str, list[ClickLine]]:
    """What the contact did by links that carry a decision, by the decision's id, oldest first.
    A link that somebody passed on counts for nobody: it carries another's decision."""
    found: dict[str, list[ClickLine]] = {}
    for event, _ in store.events_of(contact, at):
        decision = event.props.get("decision")
        if isinstance(decision, str) and event.occurred_at <= at:
            line = ClickLine(kind=event.kind, at=event.occurred_at, event=event.key)
            found.setdefault(decision, []).append(line)
    return found
