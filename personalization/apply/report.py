"""What an apply did, in numbers and reasons; never in names."""

from collections.abc import Mapping

from personalization.models import Frozen, Micros


class Applied(Frozen):
    """Rows by what became of them. `refused` and `failed` count by reason; `uncertain` are the
    keys of sends that may or may not have happened."""

    plan: str
    written: int = 0
    confirmed: int = 0
    sends: int = 0
    refused: Mapping[str, int] = {}
    failed: Mapping[str, int] = {}
    uncertain: tuple[str, ...] = ()
    left: int = 0
    """Rows still planned: outside `first` or `only`, or to be tried again later."""
    put_off: int = 0
    put_off_until: Micros | None = None
    """Sends that fell into quiet hours, and when the last of those end. The next tick or plan takes
    them over; this plan applied again sends them too."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return not self.left and not self.failed and not self.uncertain
