"""Errors end in an exit code and a sentence, never in a traceback or somebody's address."""

import pytest


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["plan", "--nonsense"], ["plan", "--now", "yesterday"], ["explain"],
     ["apply", "--first", "0"]],
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
