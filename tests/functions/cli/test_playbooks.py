"""Beginning, and checking what somebody wrote."""

import pytest
from typer.testing import CliRunner

from functions.cli.main import app


def test_check_points_at_mistakes_with_a_caret_and_a_suggestion(corner) -> None:
    playbook = corner.folder / "playbook" / "playbook.yaml"
    playbook.write_text(playbook.read_text().replace("orders_90d >= 2", "orders_9d >= 2"))
    said = corner("check", code=1).out
    assert "playbook.yaml:" in said
    assert "    ^" in said
    assert "did you mean orders_90d?" in said
    (mistake, *_) = corner.json("check", code=1)["mistakes"]
    assert mistake["suggestion"] == "orders_90d"
    assert mistake["line"] > 1


def test_check_runs_the_playbooks_own_tests(corner) -> None:
    assert corner.json("check")["tests"] == 1
    playbook = corner.folder / "playbook" / "playbook.yaml"
    playbook.write_text(
        playbook.read_text().replace("stage: regulars, fields", "stage: buyers, fields")
    )
    said = corner("check", code=1).out
    assert "test 'somebody who came twice': the stage is regulars, expected buyers" in said
    assert "write what they are to expect; else put it right" in " ".join(said.split())


def test_the_meter_says_what_makes_it_personal_and_what_is_lacking(corner) -> None:
    meter = corner.json("check")["meter"]
    assert meter["data"]["purchase"] == ["orders_90d", "orders_2d"]
    assert meter["data"]["feedback"] == []
    assert meter["unique"] == {"HEADLINE": ["city"], "PICK1": ["picks[0].name"]}
    assert meter["timed"] == {"cart_left": "after an event of kind cart"}
    assert "lacking: no feedback data" in corner("check").out


@pytest.mark.parametrize("name", ["grocery", "retail"])
def test_shipped_playbooks_lack_nothing(name, corner) -> None:
    from functions.actions.starting import templates

    found = corner.json("check", str(templates() / name))
    assert found["mistakes"] == []
    assert found["tests"] > 3
    assert all(found["meter"]["data"].values())


def test_init_begins_a_shop_and_changes_nothing_that_is_there(tmp_path) -> None:
    run = CliRunner().invoke
    folder = tmp_path / "shop"
    assert run(app, ["init", str(folder)]).exit_code == 0
    settings = folder / "ofone.toml"
    assert run(app, ["-c", str(settings), "check"]).exit_code == 0
    settings.write_text("mine")
    (folder / "templates" / "retail" / "tests.yaml").unlink()
    again = run(app, ["init", str(folder)])
    assert "kept ofone.toml as it is" in again.stdout
    assert settings.read_text() == "mine"
    assert (folder / "templates" / "retail" / "tests.yaml").exists()
