"""The night's step after the plans: it tells what was planned, keeps that, and is a place for more."""

import json
from pathlib import Path

import pytest

from functions.report import reported
from functions.stack.reporting import NAME, REPORTERS, Night
from personalization.connector import Cost
from personalization.errors import Skip
from personalization.plan.report import PlanReport
from personalization.store.embedded import open_store

NOW = 1_700_000_000_000_000
NIGHT = {
    "begin": {"alone": True},
    "facts": {"facts": "f" * 64},
    "planned": [
        {"destination": "mailchimp/main", "plan": "p1", "parked": ["too many"], "state": "parked"},
        {"destination": "hubspot/main", "plan": "p2", "parked": [], "state": "handed on"},
        {"destination": "klaviyo/main", "plan": "p3", "parked": [],
         "state": "another took its place"},
    ],
}  # fmt: skip


def planned(id_: str, connector: str, parked: tuple[str, ...] = ()) -> str:
    return PlanReport(
        id=id_, destination=connector, account="main", now=NOW, seen=NOW, playbook="", facts="",
        catalogue="", contacts=7, reachable=7, absent=0, left_alone={}, arms={}, rows=3, written=3,
        fields=(), segments=(), stages={}, messages={}, decisions=0, sends={"thanks": 2, "back": 1},
        create=(), rename=(), remove=(), cost=Cost(writes=4, reads=1, minutes=0.1), unseen=(),
        parked=parked, tagged=1,
    ).model_dump_json()  # fmt: skip


@pytest.fixture
def store(tmp_path: Path):
    with open_store(tmp_path, "key") as store:
        with store.record(NOW) as recorder:
            recorder.plan("p1", "parked", planned("p1", "mailchimp", ("too many",)))
            recorder.plan("p2", "applied", planned("p2", "hubspot"))
            recorder.plan("p3", "begun", json.dumps({"destination": "klaviyo"}))
        yield store


def test_a_night_tells_what_it_planned_and_keeps_it(store) -> None:
    said = reported(store, NOW, NIGHT, REPORTERS)
    told = {"contacts": 7, "written": 3, "tagged": 1, "sends": 3, "calls": 5}
    assert said["reports"] == {"plans": {
        "hubspot/main": {"plan": "p2", "state": "handed on", "parked": [], **told},
        "mailchimp/main": {"plan": "p1", "state": "parked", "parked": ["too many"], **told},
    }}  # fmt: skip
    kept = json.loads(store.setting(NAME))
    assert (kept["at"], kept["facts"], kept["reports"]) == (NOW, "f" * 64, said["reports"])
    assert reported(store, NOW + 1, NIGHT, REPORTERS) == said  # as after a failure of the step


def test_a_report_that_is_added_is_asked_and_one_that_has_nothing_to_say_holds_up_none(store):
    def lift(night: Night) -> int:
        return len(night.plans)

    def early(night: Night) -> int:
        raise Skip("12 exposures, 200 are needed")

    said = reported(store, NOW, NIGHT, {"lift": lift, "early": early})
    assert said == {"reports": {"lift": 2}, "skipped": {"early": "12 exposures, 200 are needed"}}
    nothing = {**NIGHT, "planned": []}
    assert reported(store, NOW, nothing, REPORTERS)["skipped"] == {"plans": "nothing was planned"}
