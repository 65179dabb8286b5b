"""Outbox rows of one plan, page by page."""

from collections.abc import Iterator, Sequence

from personalization.connector import Destination
from personalization.models import Micros, OutboxRow, OutboxState
from personalization.store.protocol import Store


def pages(
    store: Store,
    destination: Destination,
    plan: str | None,
    kinds: Sequence[str],
    states: Sequence[OutboxState],
    most: int,
    due_by: Micros | None = None,
) -> Iterator[list[OutboxRow]]:
    """Rows by id, of one plan or of all. A row that changes its state while the pages are read is not seen twice."""
    after = 0
    while rows := store.outbox(
        plan=plan, destination=destination.name, account=destination.account, kinds=kinds,
        states=states, due_by=due_by, after=after, most=most,
    ):  # fmt: skip
        yield rows
        after = rows[-1].id
