"""Errors end in an exit code and a sentence, never in a traceback or somebody's address."""

import pytest
from typer.testing import CliRunner

from functions.cli.calling import program
from functions.cli.main import app


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["plan", "--nonsense"], ["plan", "--now", "yesterday"], ["explain"],
     ["apply", "--first", "0"], ["sandbox", "--port", "99999"], ["serve", "--port", "99999"]],
)  # fmt: skip
def test_wrong_usage_is_2(corner, words) -> None:
    assert "Traceback" not in corner(*words, code=2).err


def test_a_folder_without_settings_needs_a_person(corner) -> None:
    (corner.folder / "ofone.toml").unlink()
    assert "ofone init" in corner("plan", code=4).err


def test_a_playbook_with_mistakes_stops_everything_before_it_begins(corner) -> None:
    playbook = corner.folder / "playbook" / "playbook.yaml"
    playbook.write_text(playbook.read_text().replace("orders_90d >= 1", "order_90d >= 1"))
    said = corner("plan", code=4)
    assert "playbook.yaml" in said.err
    assert "did you mean orders_90d?" in said.err
    assert "Nothing was changed" in said.err
    assert corner.writes() == 0


@pytest.mark.parametrize("command", ["explain", "export", "forget"])
def test_who_is_not_known_is_not_repeated(corner, command) -> None:
    said = corner(command, "somebody.else@example.com", code=4)
    assert "somebody" not in said.out + said.err
    document = corner.json(command, "somebody.else@example.com", code=4)
    assert document["error"]["exit"] == 4
    assert "somebody" not in document["error"]["message"]


def test_a_connector_that_is_none_is_named_with_the_nearest_one(corner) -> None:
    settings = corner.folder / "ofone.toml"
    settings.write_text(settings.read_text().replace("mailchimp.main", "mailchip.main"))
    assert "Did you mean 'mailchimp'?" in corner("plan", code=4).err


def test_several_destinations_ask_for_a_name(corner) -> None:
    settings = corner.folder / "ofone.toml"
    text = settings.read_text()
    second = text[text.index("[destination") :].replace("mailchimp.main", "mailchimp.second")
    settings.write_text(text + second)
    assert "mailchimp/main, mailchimp/second" in corner("plan", code=4).err
    assert corner.json("plan", "--to", "mailchimp/second")["account"] == "second"


def test_a_secret_stays_out_of_every_word(corner) -> None:
    for words in (["pull"], ["plan"], ["apply"], ["status"], ["snippets"]):
        said = corner(*words)
        assert "corner-secret" not in said.out + said.err


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [(["nonsense", "--json"], "usage", 2), (["plan", "--nonsense", "--json"], "usage", 2),
     (["explain", "--json"], "usage", 2), (["--json"], "usage", 2),
     (["plan", "--to", "mailchimp/none", "--json"], "stop", 4),
     (["apply", "plan-9", "--json"], "stop", 4)],
)  # fmt: skip
def test_with_json_every_failure_is_one_object_with_its_exit_code(
    corner, words, kind, code
) -> None:
    error = corner(*words, code=code).json["error"]
    assert (error["kind"], error["exit"]) == (kind, code)
    assert error["message"]
    assert error["remedy"]


def test_with_json_the_remedy_is_the_one_that_the_text_says(corner) -> None:
    for words, todo in (
        (["apply", "plan-9"], f"`{program()} -c {{}} status` lists the plans"),
        (["plan", "--to", "mailchimp/none"], "There are: mailchimp/main."),
        (["explain", "nobody@example.com"], None),
    ):
        error = corner.json(*words, code=4)["error"]
        if todo:
            assert error["remedy"] == todo.format(corner.folder / "ofone.toml")
        assert error["remedy"] in corner(*words, code=4).err.replace("\n", " ")


def test_everything_that_a_new_shop_lacks_is_said_at_once(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("MAILCHIMP_KEY", raising=False)
    run = CliRunner()
    assert run.invoke(app, ["init", str(tmp_path)]).exit_code == 0
    for command in ("plan", "pull"):
        told = run.invoke(app, ["-c", str(tmp_path), command])
        assert told.exit_code == 4
        for lack in ("export MAILCHIMP_KEY", "Audience ID", "'export' holds no contacts"):
            assert lack in told.output


def test_a_defect_has_a_code_of_its_own(corner, monkeypatch) -> None:
    monkeypatch.setattr("functions.cli.times.standing", lambda *_: 1 // 0)
    assert corner.json("status", code=6)["error"]["kind"] == "defect"
    assert "ZeroDivisionError" in corner("status", code=6).err


def test_a_folder_that_may_not_be_written_is_no_defect(corner) -> None:
    (corner.folder / "taken").write_text("a file")
    assert "taken" in corner("init", str(corner.folder / "taken"), code=4).err


def test_a_host_out_of_reach_is_said_at_once_but_not_within_json(corner, monkeypatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    settings = corner.folder / "ofone.toml"
    settings.write_text(settings.read_text().replace(corner.sandbox.url, "http://127.0.0.1:9"))
    said = corner("plan", code=3).err
    assert "cannot reach 127.0.0.1:9 yet, trying again (2 of 4)" in said
    assert "no answer from 127.0.0.1:9" in said
    assert "corner-secret" not in said
    silent = corner("plan", "--json", code=3)
    assert silent.err == ""
    assert "127.0.0.1:9" in silent.json["error"]["message"]


def test_what_to_try_next_can_be_pasted_where_the_reader_is(corner) -> None:
    hint = corner("plan").err
    assert f"ofone -c {corner.folder / 'ofone.toml'} apply plan-1`" in hint
    assert not [line for line in hint.splitlines() if line.count("`") % 2]
    at_home = CliRunner().invoke(app, ["plan"])
    assert "-c " not in at_home.stderr
    assert "apply plan-" in at_home.stderr
    by_folder = CliRunner().invoke(app, ["-c", str(corner.folder), "plan"])
    assert f"ofone -c {corner.folder} apply plan-" in by_folder.stderr
