"""What an apply did, in numbers and reasons; never in names."""

from collections.abc import Mapping

from personalization.models import Frozen, Micros

Counts = Mapping[tuple[str, str, str | None, bool], int]
"""Rows of a plan by (kind, state, reason, whether attempted), as `Store.outbox_counts` has them."""


class Done(Frozen):
    """What was brought to an end. Of the rows `confirmed`, `written` were written, and the others
    shown already. Of the `sends` among them, `accepted` are known by the destination's word alone:
    it took them, and offers no look-up that shows them. `refused` counts by reason."""

    written: int = 0
    confirmed: int = 0
    sends: int = 0
    accepted: int = 0
    refused: Mapping[str, int] = {}


class Applied(Done):
    """What one run did, and apart what `earlier` runs of the same plan had done. How the plan
    stands after it: `failed` counts by reason, `uncertain` are the keys of sends that may or may
    not have happened."""

    plan: str
    earlier: Done = Done()
    failed: Mapping[str, int] = {}
    uncertain: tuple[str, ...] = ()
    left: int = 0
    """Rows still planned: outside `first` or `only`, or to be tried again later."""
    waiting: int = 0
    """Of those left, rows that nobody tried because this run was for a part of the contacts."""
    put_off: int = 0
    put_off_until: Micros | None = None
    """Sends that fell into quiet hours, and when the last of those end. The next tick or plan takes
    them over; this plan applied again sends them too."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return not self.left and not self.failed and not self.uncertain

    @property
    def as_asked(self) -> bool:
        """Whether all that this run was asked for came to its end; the rest of the plan may wait."""
        return self.left == self.waiting and not self.failed and not self.uncertain


def done(counts: Counts) -> Done:
    """What of a plan's rows was brought to an end."""
    confirmed = {key: n for key, n in counts.items() if key[1] == "confirmed"}
    sends = {key: n for key, n in confirmed.items() if key[0] == "send"}
    return Done(
        confirmed=sum(confirmed.values()), sends=sum(sends.values()),
        written=sum(n for (_, _, _, attempted), n in confirmed.items() if attempted),
        accepted=sum(n for (_, _, reason, _), n in sends.items() if reason),
        refused=by_reason(counts, "refused"),
    )  # fmt: skip


def by_reason(counts: Counts, state: str) -> dict[str, int]:
    """A plan's rows of one state, counted by reason."""
    found: dict[str, int] = {}
    for (_, its, reason, _), n in counts.items():
        if its == state and n:
            found[reason or state] = found.get(reason or state, 0) + n
    return found


def since(counts: Counts, before: Counts) -> dict[tuple[str, str, str | None, bool], int]:
    """What came to `counts` since they were as before."""
    return {key: max(0, n - before.get(key, 0)) for key, n in counts.items()}
