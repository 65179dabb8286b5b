"""The night's last step: fitted tables become a facts version of the same day, or nothing does."""

from pathlib import Path

import pytest

from functions.learn import learnt
from personalization.errors import Skip, Stop
from personalization.facts import Facts
from personalization.fitting import FITTERS
from personalization.models import DAY
from personalization.store.embedded import open_store

TODAY = 20_000 * DAY


def reduced(as_of: int) -> Facts:
    return Facts.of(as_of, {"tea": 5}, {"currencies": {"order": ["EUR"]}})


def lifted(facts: Facts, before: object) -> dict[str, object]:
    return {"tea": facts.popularity["tea"], "nights": 1 + (before or {"nights": 0})["nights"]}


def too_little(facts: Facts, before: object) -> None:
    raise Skip("12 exposures, 200 are needed")


@pytest.fixture
def store(tmp_path: Path):
    with open_store(tmp_path, "key") as store:
        with store.record(TODAY) as recorder:
            for one in (reduced(TODAY - DAY), reduced(TODAY)):
                recorder.facts(one.version, one.as_of, one.to_json())
        yield store


def test_without_a_fitter_it_says_so_and_keeps_nothing(store) -> None:
    version = reduced(TODAY).version
    assert learnt(store, version, {}) == {"facts": version, "fitted": [], "skipped": {}}
    assert store.facts_as_of(TODAY) == version
    assert FITTERS == {}  # the first that is listed here wants scipy among what tests have


def test_what_is_fitted_is_the_facts_of_the_day_from_then_on_and_the_next_day_knows_it(store):
    before = learnt(store, reduced(TODAY - DAY).version, {"lift": lifted})
    said = learnt(store, reduced(TODAY).version, {"lift": lifted, "scores": too_little})
    assert said["fitted"] == ["lift"]
    assert said["skipped"] == {"scores": "12 exposures, 200 are needed"}
    assert store.facts_as_of(TODAY) == said["facts"] != before["facts"]
    facts = Facts.from_json(store.facts(said["facts"]))
    assert facts.tables == {"currencies": {"order": ["EUR"]}, "lift": {"tea": 5, "nights": 2}}
    assert facts.popularity == {"tea": 5}
    again = learnt(store, reduced(TODAY).version, {"lift": lifted, "scores": too_little})
    assert again == said  # as after a failure of the step


def test_facts_that_were_never_kept_are_a_persons_business(store) -> None:
    with pytest.raises(Stop, match="start the night's run anew"):
        learnt(store, "0" * 64, {"lift": lifted})
