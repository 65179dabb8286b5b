"""Local days begin where people's clocks say so, also where clocks jump."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.traits.weights import weights
from personalization.zones import (
    SPAN,
    day_start,
    next_midnight,
    offset,
    offsets,
    today,
    valid,
    window_start,
)

HOUR = 3_600_000_000
DAY = 24 * HOUR


def at(*clock):
    return int(datetime(*clock, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Europe/Amsterdam", date(2025, 3, 30), (2025, 3, 29, 23), 23),
        ("Europe/Amsterdam", date(2025, 10, 26), (2025, 10, 25, 22), 25),
        ("America/New_York", date(2025, 3, 9), (2025, 3, 9, 5), 23),
        ("America/New_York", date(2025, 11, 2), (2025, 11, 2, 4), 25),
        ("Australia/Lord_Howe", date(2025, 10, 5), (2025, 10, 4, 13, 30), 23.5),
        ("Australia/Lord_Howe", date(2025, 4, 6), (2025, 4, 5, 13), 24.5),
        ("America/Santiago", date(2025, 9, 7), (2025, 9, 7, 4), 23),  # no midnight: 01:00 is first
        ("Asia/Beirut", date(2025, 3, 30), (2025, 3, 29, 22), 23),  # no midnight here either
        ("America/Havana", date(2025, 11, 2), (2025, 11, 2, 4), 25),  # midnight comes twice
        ("Pacific/Apia", date(2011, 12, 30), (2011, 12, 30, 10), 0),  # a day that never was
    ],
)
def test_a_day_begins_at_its_first_instant_and_may_be_short_or_long(zone, day, begins, hours):
    start = day_start(zone, day)
    assert start == at(*begins)
    assert day_start(zone, day + timedelta(days=1)) - start == hours * HOUR


@given(
    st.sampled_from(["Europe/Amsterdam", "America/St_Johns", "Africa/Cairo", "America/Santiago",
                     "Africa/Casablanca", "Asia/Beirut", "America/Toronto", "Pacific/Apia"]),
    st.integers(at(1950, 1, 1), at(2037, 12, 31)),
    st.integers(1, 400),
)  # fmt: skip
def test_days_follow_each_other_and_every_instant_lies_in_one(zone, moment, days):
    day = today(zone, moment)
    assert day_start(zone, day) <= moment < day_start(zone, day + timedelta(days=1))
    following = next_midnight(zone, moment)
    assert following > moment
    assert today(zone, following - 1) == day
    assert window_start(zone, moment, days) == day_start(zone, day - timedelta(days=days - 1))


@given(
    st.sampled_from(["Europe/Amsterdam", "America/St_Johns", "Africa/Casablanca", "Africa/Cairo"]),
    st.integers(at(1930, 1, 1), at(2037, 12, 31)),
)
def test_tabled_offsets_are_the_zones_own(zone, moment):
    pieces = offsets(zone, moment // SPAN)
    assert [piece[0] for piece in pieces[1:]] == [piece[1] for piece in pieces[:-1]]
    (found,) = [shift for since, until, shift in pieces if since <= moment < until]
    utc = datetime.fromtimestamp(moment // 1_000_000, UTC)
    assert found == offset(zone, moment)
    assert found == utc.astimezone(ZoneInfo(zone)).utcoffset() // timedelta(microseconds=1)


@pytest.mark.parametrize(
    "name", ["Mars/Base", "", "../etc/passwd", "/etc/passwd", "x\0y", "Europe"]
)
def test_what_is_no_zone_is_not_valid(name):
    assert not valid(name)


def test_weights_are_the_rounded_powers():
    table = weights(180 * DAY)
    assert table[0] == 1 << 20
    assert table[180] == 1 << 19
    assert table[360] == 1 << 18
    assert table[-1] == 1
    assert all(abs(w - 2 ** (20 - d / 180)) <= 0.5 + 1e-6 for d, w in enumerate(table))
