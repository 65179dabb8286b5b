"""Pull, plan, apply and back, as somebody types it; the sandbox's ledger has the last word."""

import pytest


def test_a_plan_is_shown_then_done_then_nothing_is_left(corner) -> None:
    shown = corner("plan")
    assert "plan-1 for mailchimp/main" in shown.out
    assert "left alone: unsubscribed 1, not in the destination 1" in shown.out
    assert "would be created: HEADLINE, PICK1, Buyers, Regulars" in shown.out
    assert "→ Thank you" in shown.out or "→ Hello Town" in shown.out
    assert "30 new events" not in shown.out  # remarks stand on standard error
    assert corner.writes() == 0
    done = corner.json("apply")
    assert done["plan"] == "plan-1"
    assert done["left"] == 0
    state = corner.sandbox.state()["lists"]["5ea5ea5ea5"]
    assert {"HEADLINE", "PICK1"} <= set(state["merge_fields"])
    assert state["tags"]["Regulars"] == 9
    writes = corner.writes()
    again = corner.json("plan")
    assert again["rows"] == 0
    assert corner.json("apply")["written"] == 0
    assert corner.writes() == writes


def test_pull_says_what_came_from_where(corner) -> None:
    pulled = {one["place"]: one["pulled"] for one in corner.json("pull")["pulled"]}
    assert pulled["files/main"]["products"] == 1
    files = pulled["files/main"]
    happened = (corner.folder / "export" / "events.csv").read_text().strip().count("\n")
    assert (files["events"] - files["facts"], files["facts"] > 0) == (happened, True)
    assert pulled["mailchimp/main"]["records"] == 29
    assert "files/main: nothing new" in corner("pull").out
    corner.add_events("more", "more-1,order,4,2026-03-02T11:30:00Z")
    assert "files/main: 1 new event\n" in corner("pull").out


def test_the_first_contacts_come_first_and_the_rest_later(corner) -> None:
    corner("plan")
    assert "All that this run was asked for is done" in corner("apply", "--first", "2").out
    part = corner.json("apply", "--first", "2")
    assert part["left"] == part["waiting"] > 0
    fields = [one for one in corner.sandbox.entries if one.get("kind") == "field_written"]
    assert len({one["member"] for one in fields}) == 4
    assert corner.json("apply")["left"] == 0


def test_only_who_carries_a_tag_is_written_to(corner) -> None:
    for n in (3, 4):
        corner.sandbox.control("person", email=f"p{n}@example.com", action="tag", tag="Pilot",
                               by="admin")  # fmt: skip
    corner("plan")
    assert "did you mean 'Regulars'?" in corner("apply", "--only", "Regulrs", code=4).err
    assert corner.writes() == 0
    assert "of the plan wait, for other contacts" in corner("apply", "--only", "Pilot").out
    fields = [one for one in corner.sandbox.entries if one.get("kind") == "field_written"]
    assert len({one["member"] for one in fields}) == 2


def test_undo_takes_everything_back_and_is_a_plan_itself(corner) -> None:
    corner("plan")
    corner("apply")
    writes = corner.writes()
    undo = corner("undo", "plan-1")
    assert "takes back plan-1" in undo.out
    assert corner.writes() == writes
    corner("apply", "--yes")
    state = corner.sandbox.state()["lists"]["5ea5ea5ea5"]
    assert not {"HEADLINE", "PICK1"} & set(state["merge_fields"])
    assert "Regulars" not in state["tags"]


def test_paused_means_that_nothing_is_written(corner) -> None:
    corner("plan")
    assert corner.json("pause") == {"paused": True}
    assert "paused" in corner("apply", code=4).err
    assert "WRITING IS PAUSED" in corner("status").out
    said = corner("pause", "--off").out
    (plan,) = corner.json("status")["to_apply"]
    assert f"apply {plan}`" in " ".join(said.split())
    corner("apply")
    assert corner.json("pause", "--off") == {"paused": False, "to_apply": []}
    assert corner.writes() > 0


def test_another_playbook_can_be_planned_by_naming_its_folder(corner) -> None:
    other = corner.folder / "other"
    other.mkdir()
    text = (corner.folder / "playbook" / "playbook.yaml").read_text()
    (other / "playbook.yaml").write_text(text.replace("Thank you", "Thanks a lot"))
    assert "→ Thanks a lot" in corner("plan", str(other)).out
    corner("apply")
    assert "→ Thank you" in corner("plan", "--no-pull").out


@pytest.mark.parametrize("words", [["plan", "--to", "mailchimp/other"], ["apply", "plan-7"],
                                   ["undo", "plan-7"], ["approve", "plan-7"]])  # fmt: skip
def test_what_does_not_exist_needs_a_person(corner, words) -> None:
    assert corner(*words, code=4).out == ""
    assert corner.json(*words, code=4)["error"]["kind"] == "stop"


def test_a_destination_that_is_away_can_be_tried_again_later(corner) -> None:
    settings = corner.folder / "ofone.toml"
    away = settings.read_text().replace(corner.sandbox.url, "http://127.0.0.1:9")
    settings.write_text(away + "patience = 0.0\n")
    said = corner("plan", code=3)
    assert "Nothing was lost" in said.err
    assert corner.json("plan", code=3)["error"]["kind"] == "retry"
