"""Of many writes and sends that go out together some fail, and some only look done: what was lost is
made up for, what was done is not done again, and what nobody knows of is listed."""

from collections import Counter

import pytest

from connectors.sandbox import ledger
from connectors.shared import hubspot_sends
from personalization.models import DAY, HOUR, MINUTE
from tests.connectors.hubspot.conftest import corner_on_hubspot
from tests.plan.corner import NOW, event, opened
from tests.proofs.test_faults import WAYS, ready

PEOPLE = 16
AT = NOW + DAY


def some(kind: str, path: str, nth: int, times: int = 1, method: str = "POST"):
    """Of the calls, or operations of a job, so many fail, from the nth on."""
    return {"kind": kind, "path": path, "nth": nth, "times": times, "method": method}


PATCHES = (some("operation_error", "/members/", 3, 4, "PATCH"),
           some("operation_silent", "/members/", 9, 3, "PATCH"))  # fmt: skip
UPDATES = (some("partial", "/contacts/batch/update", 1),
           some("partial_silent", "/contacts/batch/update", 2))  # fmt: skip
WRONG = {
    "mailchimp event": (*PATCHES, some("operation_error", "/events", 2, 3),
                        some("operation_silent", "/events", 8, 3)),
    "mailchimp journey": (*PATCHES, some("operation_error", "/trigger", 2, 3),
                          some("operation_silent", "/trigger", 8, 3)),
    "mailchimp email": PATCHES,
    "hubspot event": (*UPDATES, some("lost_after", "/events/v3/send/batch", 2)),
    "hubspot email": (*UPDATES, some("500", "/email/single-send", 3, 2),
                      some("lost_after", "/email/single-send", 9, 2)),
}  # fmt: skip
UNCERTAIN = {"mailchimp journey": 3}
"""Of these nobody can know whether they started."""
NEVER = {"mailchimp journey": 6, "mailchimp email": 2}
"""Sends that did not happen: uncertain ones, those that only look done, and rejected addresses."""


def run(way, folder, script):
    """Everybody buys and leaves a cart behind; one plan tells them all, applied until it is done.
    What everybody is shown, the plan's rows, and the ledger's sends a person."""
    make = opened if way.place == "mailchimp" else corner_on_hubspot
    place = folder if way.place == "mailchimp" else folder / "shop"
    with make(place, people=PEOPLE) as corner:
        ready(way, corner)
        corner.happened(AT, *(event("order", n, AT - 2 * HOUR) for n in range(PEOPLE)),
                        *(event("cart", n, AT - HOUR) for n in range(PEOPLE)))  # fmt: skip
        if script is not None:
            control = "hubspot/failures" if way.place == "hubspot" else "failures"
            corner.sandbox.control(control, script=list(script), seed=5)
            if way.by == "email" and way.place == "mailchimp":
                rejects = {f"p{n}@example.com": "hard-bounce" for n in (2, 9)}
                corner.sandbox.control("mailchimp/mail", templates={"left": {}}, rejects=rejects)
        plan = corner.plan(AT)
        for minute in range(1, 4):
            applied = corner.apply(plan, AT + minute * MINUTE)
        kept = corner.store.outbox(plan=plan.id, kinds=("send",), most=100)
        sent = Counter(one.get("member") or one["record"]
                       for one in ledger.sends(corner.sandbox.entries))  # fmt: skip
        met = {one["failure"] for one in ledger.calls(corner.sandbox.entries)}
        met |= {one.get("failure") for one in corner.sandbox.entries if one.get("failure")}
        assert {one["kind"] for one in script or ()} <= met
        return [corner.shows(n) for n in range(PEOPLE)], applied, kept, sent


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.place} {way.by}")
def test_what_fails_in_part_ends_as_if_nothing_had(way, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(hubspot_sends, "A_CALL", 6)
    name = f"{way.place} {way.by}"
    (tmp_path / "calm").mkdir()
    (tmp_path / "rough").mkdir()
    calm, _, _, everyone = run(way, tmp_path / "calm", None)
    assert len(everyone) == PEOPLE
    shown, applied, kept, sent = run(way, tmp_path / "rough", WRONG[name])
    assert shown == calm
    assert (applied.left, applied.failed) == (0, {})
    assert set(sent.values()) == {1}
    assert len(sent) == PEOPLE - NEVER.get(name, 0)
    assert len(applied.uncertain) == UNCERTAIN.get(name, 0)
    states = Counter(row.state for row in kept)
    refused = 2 if name == "mailchimp email" else 0
    assert states["confirmed"] == PEOPLE - len(applied.uncertain) - refused
