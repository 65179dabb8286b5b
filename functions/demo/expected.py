"""What must happen while the demo's clock moves, worked out from the exported files by other means
than the product's: plain SQL over the orders, and the clock on the wall of each household.

It knows two things that time alone does in the grocery playbook: somebody who came at least six
times in a year and has not come for 14 days becomes lapsing, and hears of it by the event `lapsed`
between 8 and 21 o'clock; somebody whose twelfth newest order grows older than 90 days is no regular
any more, and loses the tag.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from personalization.engine import Engine, literal
from personalization.models import DAY, Micros
from personalization.zones import EPOCH, MICRO, moment

ORDERS = """
SELECT id, list(epoch_us(occurred_at) ORDER BY occurred_at DESC) AS moments
FROM read_parquet({events}) WHERE kind = 'order' GROUP BY id ORDER BY id
"""
PEOPLE = "SELECT id, email, zone FROM read_parquet({contacts}) ORDER BY id"
QUIET_FROM, QUIET_TO = 21 * 60, 8 * 60
RECENT, REGULAR = 14 * DAY, 90 * DAY


@dataclass(frozen=True)
class Household:
    """A household as the export tells of it: its orders newest first, in UTC microseconds;
    `status` is what it is in the audience."""

    id: str
    email: str
    zone: str
    status: str
    orders: tuple[Micros, ...]

    def lapses(self) -> Micros | None:
        """When it becomes lapsing if it never orders again."""
        at = self.orders[0] + RECENT if self.orders else None
        often = at is not None and sum(one > at - 365 * DAY for one in self.orders) >= 6
        return at if often else None

    def stops_being_regular(self) -> Micros | None:
        """When it is no regular any more if it never orders again."""
        return self.orders[11] + REGULAR if len(self.orders) >= 12 else None

    def minute_of_day(self, at: Micros) -> int:
        """What the household's own clock shows, in minutes."""
        wall = moment(at).astimezone(ZoneInfo(self.zone))
        return wall.hour * 60 + wall.minute

    def awake(self, at: Micros) -> Micros:
        """That moment, or eight o'clock where it falls between 21 and 8 o'clock."""
        minute = self.minute_of_day(at)
        if QUIET_TO <= minute < QUIET_FROM:
            return at
        wall = moment(at).astimezone(ZoneInfo(self.zone))
        day = wall + timedelta(days=1 if minute >= QUIET_FROM else 0)
        eight = day.replace(hour=QUIET_TO // 60, minute=0, second=0, microsecond=0)
        # Within one zone Python subtracts what clocks show; over a change only UTC tells the time.
        return (eight.astimezone(UTC) - EPOCH) // MICRO


def households(export: Path, statuses: Mapping[str, str]) -> dict[str, Household]:
    """Everyone in the export, by id. `statuses` are the audience's, by address."""
    with Engine([export.resolve()]) as engine:
        files = {
            name: literal(str(export.resolve() / f"{name}.parquet"))
            for name in ("events", "contacts")
        }
        orders: dict[object, tuple[Micros, ...]] = {
            id: tuple(moments) for id, moments in engine.rows(ORDERS.format(**files))
        }
        people = engine.rows(PEOPLE.format(**files))
    return {
        str(id): Household(str(id), str(email), str(zone), statuses[str(email)], orders.get(id, ()))
        for id, email, zone in people
    }


def lapsing(
    everyone: Mapping[str, Household], treated: frozenset[str], start: Micros, now: Micros
) -> set[tuple[str, str]]:
    """(address, "lapsed") for everyone who must have heard of it by a tick at `now`: whoever became
    lapsing since the story's start, agreed to be written to, is not in the holdout, and is not
    to be left in peace at this hour."""
    return {
        (one.email, "lapsed")
        for one in everyone.values()
        if one.id in treated
        and one.status == "subscribed"
        and (at := one.lapses()) is not None
        and start < one.awake(at) <= now
        and one.awake(now) == now
    }


def no_longer_regular(everyone: Mapping[str, Household], after: Micros, until: Micros) -> set[str]:
    """Addresses that lose the tag Regulars in (after, until]. Segments are for everyone who may be
    written to, the holdout included."""
    return {
        one.email
        for one in everyone.values()
        if (at := one.stops_being_regular()) is not None
        and after < at <= until
        and one.status in ("subscribed", "transactional")
    }
