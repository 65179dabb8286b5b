"""The rule about people, in one place: who may be written to and who may be sent to.

`permit` is the only maker of `Permit`, and destinations write permits only; so nothing can be
written or sent around this rule. It never creates or re-subscribes anyone: a permit names a
record that exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from personalization.models import OutboxRow

WRITABLE = frozenset({"subscribed", "pending", "transactional"})
"""Statuses whose fields and tags may be written: the record exists and has not left."""

_PROOF = object()


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rule looks at: the record's status in this destination (`gone` where there is
    none), whether the contact is erased, and every consent known: {"by channel purpose": state}.
    """

    status: str
    outside_id: str | None
    email: str | None
    erased: bool = False
    consent: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row may not be carried out: one short reason, the same for everyone."""

    row: int
    reason: str


class Permit:
    """Leave to carry out one outbox row on one existing record."""

    __slots__ = ("email", "outside_id", "row")

    def __init__(self, row: OutboxRow, outside_id: str, email: str | None, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("only personalization.consent.permit makes permits")
        self.row = row
        self.outside_id = outside_id
        self.email = email


def permit(
    row: OutboxRow, standing: Standing, channel: str = "email", basis: str = "marketing"
) -> Permit | Refusal:
    """The transition function: what becomes of one planned row, given the newest knowledge."""
    if row.kind == "setup":
        return Permit(row, "", None, _PROOF)
    if standing.erased:
        return Refusal(row.id, "erased")
    if standing.status == "gone" or not standing.outside_id:
        return Refusal(row.id, "not in the destination")
    if standing.status not in WRITABLE:
        return Refusal(row.id, standing.status)
    if row.kind == "send" and (why := unwilling(standing, channel, basis)):
        return Refusal(row.id, why)
    return Permit(row, standing.outside_id, standing.email, _PROOF)


def unwilling(standing: Standing, channel: str, basis: str) -> str | None:
    """Why a contact may not be sent to, or None. Marketing needs an opt-in for the channel and
    purpose and no opt-out for it in any destination; the strictest wins."""
    if basis == "transactional":
        return None
    said = {
        state
        for name, state in (standing.consent or {}).items()
        if name.split(" ")[1:] == [channel, basis]
    }
    if "out" in said:
        return "opted out"
    if "in" not in said or standing.status != "subscribed":
        return "not opted in"
    return None
