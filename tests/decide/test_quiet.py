"""Quiet hours end at the promised minute of the contact's own clock, through clock changes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.decide.quiet import instant_of_date, local, micros, quiet_until

NIGHT = (21 * 60, 8 * 60)
NOON = (12 * 60, 13 * 60)


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text).astimezone(UTC))


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        ("2026-06-01T22:30+02:00", "Europe/Amsterdam", "2026-06-02T08:00+02:00"),
        ("2026-06-01T07:59+02:00", "Europe/Amsterdam", "2026-06-01T08:00+02:00"),
        ("2026-06-01T08:00+02:00", "Europe/Amsterdam", "2026-06-01T08:00+02:00"),
        ("2026-06-01T21:00+02:00", "Europe/Amsterdam", "2026-06-02T08:00+02:00"),
        # The night in which the clock goes forward is an hour shorter, back an hour longer.
        ("2026-03-28T23:00+01:00", "Europe/Amsterdam", "2026-03-29T08:00+02:00"),
        ("2026-10-24T23:00+02:00", "Europe/Amsterdam", "2026-10-25T08:00+01:00"),
        ("2026-03-07T23:00-05:00", "America/New_York", "2026-03-08T08:00-04:00"),
        ("2026-06-01T12:30+00:00", "UTC", "2026-06-02T08:00+00:00"),
    ],
)
def test_quiet_hours_end_on_the_contacts_own_clock(now: str, zone: str, until: str) -> None:
    window = NOON if zone == "UTC" else NIGHT
    expected = at("2026-06-01T13:00+00:00") if zone == "UTC" else at(until)
    assert quiet_until(window, at(now), zone) == expected


ZONES = st.sampled_from(
    ["UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
     "America/Santiago", "Asia/Beirut", "Pacific/Apia"]
)  # fmt: skip
MOMENTS = st.integers(at("2024-01-01T00:00+00:00"), at("2027-01-01T00:00+00:00"))
MINUTES = st.integers(0, 24 * 60 - 1)


@given(MOMENTS, ZONES, st.tuples(MINUTES, MINUTES))
def test_the_end_of_quiet_hours_is_not_quiet_and_within_a_day(
    now: int, zone: str, quiet: tuple[int, int]
) -> None:
    until = quiet_until(quiet, now, zone)
    assert now <= until <= now + 26 * 3_600_000_000
    clock = local(until, zone)
    if until > now and quiet[1] // 60 not in range(4):
        assert (clock.hour * 60 + clock.minute, clock.second) == (quiet[1], 0)


@given(MOMENTS, ZONES)
def test_a_date_begins_at_local_midnight_or_right_after_the_gap(now: int, zone: str) -> None:
    day = local(now, zone).date()
    clock = local(instant_of_date(day.isoformat(), zone), zone)
    assert clock.date() == day
    assert clock.hour <= 1


def test_no_quiet_hours_means_now() -> None:
    assert quiet_until(None, 5, "Europe/Amsterdam") == 5
