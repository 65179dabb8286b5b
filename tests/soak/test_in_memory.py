"""The long proof's short form: the transition function alone, and an oracle that can fail."""

import pytest

from personalization import consent
from personalization.apply import judge as judging
from tests.soak.in_memory import share


def test_two_thousand_sequences_break_nothing():
    found, broken = share(range(1, 2_001))
    assert broken == []
    assert min(found[f"{kind} permitted"] for kind in ("fields", "tags", "send")) > 300


@pytest.mark.parametrize(
    ("where", "name", "weaker", "seen"),
    [
        (consent, "WRITABLE", consent.WRITABLE | {"archived"}, "to somebody archived"),
        (consent, "WRITABLE", consent.WRITABLE | {"gone"}, None),
        (consent, "WRITABLE", consent.WRITABLE - {"subscribed"}, "withheld"),
        (consent, "unwilling", lambda *_: None, "a send to somebody"),
        (consent, "unwilling", lambda *_: "never", "withheld"),
        (judging, "drifted", lambda *_: False, "somebody else wrote"),
    ],
)
def test_the_oracle_sees_a_weaker_or_stricter_rule(monkeypatch, where, name, weaker, seen):
    """`gone` is held twice: by the status, and by the outside id that nobody has."""
    monkeypatch.setattr(where, name, weaker)
    _, broken = share(range(1, 1_001))
    assert any(seen in one for one in broken) if seen else broken == []


def test_the_oracle_sees_writes_for_the_erased(monkeypatch):
    def forgetful(row, standing, *more):
        return consent.permit(row, consent.Standing(
            standing.status, standing.outside_id, standing.email, False, standing.consent,
        ), *more)  # fmt: skip

    monkeypatch.setattr(judging, "permit", forgetful)
    _, broken = share(range(1, 1_001))
    assert any("erased" in one for one in broken)
