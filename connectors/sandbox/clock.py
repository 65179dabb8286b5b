"""The sandbox's own time. It stands still unless told, but for a millisecond an effect."""

from datetime import UTC, datetime

START = "2026-03-01T09:00:00+00:00"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(text: str) -> int:
    """UTC microseconds of an ISO 8601 text; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    gap = moment - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def iso(moment: int) -> str:
    """ISO 8601 with whole seconds, which is all that the real API tells."""
    return datetime.fromtimestamp(moment // 1_000_000, UTC).isoformat(timespec="seconds")


def fine(moment: int) -> str:
    """ISO 8601 with milliseconds, for the ledger."""
    seconds, rest = divmod(moment, 1_000_000)
    stamp = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
    return stamp.isoformat(timespec="milliseconds")


class Clock:
    """UTC microseconds, moved by `set` (never back) and a millisecond by each `tick`."""

    def __init__(self, start: str = START) -> None:
        self.now = micros(start)

    def tick(self) -> int:
        """A millisecond on; the new moment."""
        self.now += 1_000
        return self.now

    def set(self, moment: int) -> None:
        """Moves to that moment. Raises ValueError for an earlier one."""
        if moment < self.now:
            raise ValueError("the clock never goes back")
        self.now = moment
