"""What becomes of one planned row, given the newest pull: written, already so, drifted or
refused. Together with `consent.permit` this is the transition function of apply; there is no
other way to a call."""

from dataclasses import dataclass

from personalization.apply.standing import Known
from personalization.consent import Permit, Refusal, permit
from personalization.models import OutboxRow

DRIFTED = "changed by someone else since the plan"


@dataclass(frozen=True, slots=True)
class Already:
    """The destination already shows what the row wants."""

    row: int


def judge(row: OutboxRow, known: Known, keep_edits: bool = True) -> Permit | Refusal | Already:
    """Decides one row. `keep_edits`: a value that is neither old nor new is left alone."""
    allowed = permit(
        row, known.standing, str(row.new.get("channel", "email")),
        str(row.new.get("basis", "marketing")),
    )  # fmt: skip
    if isinstance(allowed, Refusal):
        return allowed
    if shown(row, known):
        return Already(row.id)
    if keep_edits and drifted(row, known):
        return Refusal(row.id, DRIFTED)
    return allowed


def shown(row: OutboxRow, known: Known) -> bool:
    """Whether the pulled record shows everything that the row wants."""
    if row.kind == "fields":
        return all(known.values.get(name, "") == text for name, text in row.new.items())
    if row.kind == "tags":
        return all((name in known.tags) == on for name, on in row.new.items())
    return False


def drifted(row: OutboxRow, known: Known) -> bool:
    """Whether some value is neither what the plan saw nor what it wants."""
    if row.kind != "fields":
        return False
    now = known.values
    return any(
        now.get(name, "") not in (row.old.get(name, ""), text) for name, text in row.new.items()
    )
