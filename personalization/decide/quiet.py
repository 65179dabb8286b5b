"""Quiet hours and days in a contact's own zone, through both clock changes."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from personalization.models import SECOND, Micros

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """A zone by its IANA name; UTC where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def micros(moment: datetime) -> Micros:
    """UTC microseconds of an aware datetime, exactly."""
    gone = moment - EPOCH
    return (gone.days * 86_400 + gone.seconds) * SECOND + gone.microseconds


def local(now: Micros, zone: str) -> datetime:
    """A moment on the clock of a zone."""
    return (EPOCH + timedelta(microseconds=now)).astimezone(zone_of(zone))


def instant_of_date(text: str, zone: str) -> Micros:
    """The start of an ISO date in a zone; where midnight does not exist, the first moment after
    the gap."""
    day = date.fromisoformat(text[:10])
    return micros(datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)))


def quiet_until(quiet: tuple[int, int] | None, now: Micros, zone: str) -> Micros:
    """`now` outside quiet hours, else the moment at which they end on the contact's clock.
    `quiet` is two minutes of the day, from and to; it may span midnight."""
    if quiet is None or quiet[0] == quiet[1]:
        return now
    start, end = quiet
    clock = local(now, zone)
    minute = clock.hour * 60 + clock.minute
    inside = start <= minute < end if start < end else minute >= start or minute < end
    if not inside:
        return now
    day = clock.date() + timedelta(days=1 if minute >= end else 0)
    over = datetime(day.year, day.month, day.day, end // 60, end % 60, tzinfo=zone_of(zone))
    moment = micros(over)
    # In an autumn night the hour of the end can come twice: the second one, if now is past the
    # first.
    return moment if moment > now else micros(over.replace(fold=1))
