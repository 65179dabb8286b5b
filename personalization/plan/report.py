"""A plan as a value: what people read, and what `apply` may rely on."""

from collections.abc import Mapping

from personalization.connector import Cost
from personalization.models import Frozen, Micros


class FieldChange(Frozen):
    """One field: how many contacts change, with examples of old and new values."""

    name: str
    contacts: int
    emptied: int
    fallbacks: int
    examples: tuple[tuple[str, str], ...]


class SegmentSize(Frozen):
    """One segment now and in the run before (None for the first), and its tag's movement."""

    name: str
    contacts: int
    before: int | None
    tag: str | None = None
    added: int = 0
    removed: int = 0


class PlanReport(Frozen):
    """Everything that `ofone plan` prints. `unseen` says what cannot be previewed."""

    id: str
    destination: str
    account: str
    now: Micros
    seen: Micros
    playbook: str
    facts: str
    catalogue: str
    contacts: int
    reachable: int
    absent: int
    left_alone: Mapping[str, int]
    arms: Mapping[str, int]
    rows: int
    written: int
    fields: tuple[FieldChange, ...]
    segments: tuple[SegmentSize, ...]
    stages: Mapping[str, int]
    messages: Mapping[str, int]
    decisions: int
    sends: Mapping[str, int]
    create: tuple[str, ...]
    rename: tuple[tuple[str, str], ...]
    remove: tuple[str, ...]
    cost: Cost
    unseen: tuple[str, ...]
    parked: tuple[str, ...] = ()
    undoes: str | None = None

    @property
    def empty(self) -> bool:
        """Whether applying it would change nothing."""
        return self.rows == 0
