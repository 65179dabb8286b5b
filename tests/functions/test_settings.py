"""ofone.toml: what is wrong is named with file, key and remedy, and secrets are never printed."""

from pathlib import Path

import pytest

from functions.settings import moment, read, resolved
from personalization.errors import Stop


def written(folder: Path, text: str) -> Path:
    file = folder / "ofone.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ("store = 'x'", "playbook is missing", 'playbook = "templates/retail"'),
        ("playbook = 'p'\nstoer = 'x'", "stoer is no setting", "Did you mean store?"),
        ("playbook = 'p'\nthreads = 'many'", "threads is wrong", "integer"),
        ("playbook = 'p'\n[destination]\nmailchimp = 1", "destination.mailchimp",
         "[destination.mailchimp.main]"),
        ("playbook = 'p'\n[source.files]\nfolder = 'x'", "source.files.folder",
         "[source.<connector>.<account>]"),
        ("playbook = p\n", "is no TOML", "line 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_remedy(
    tmp_path: Path, text: str, key: str, remedy: str
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(Stop) as said:
        read(file)
    assert str(file) in str(said.value)
    assert key in str(said.value)
    assert remedy in str(said.value)


def test_a_missing_file_names_init(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="ofone init"):
        read(tmp_path / "ofone.toml")


SECRET = """
playbook = "p"
[destination.mailchimp.main]
key = "env:CORNER_KEY"
list = "abc"
[source.files.main]
folder = "export"
"""


def test_secrets_come_from_the_environment_when_they_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read(written(tmp_path, SECRET))
    monkeypatch.delenv("CORNER_KEY", raising=False)
    with pytest.raises(Stop, match=r"destination\.mailchimp\.main\.key .*export CORNER_KEY="):
        resolved(settings, "destination", "mailchimp", "main")
    monkeypatch.setenv("CORNER_KEY", "hush")
    assert resolved(settings, "destination", "mailchimp", "main")["key"] == "hush"
    assert "hush" not in repr(settings)


def test_paths_are_meant_from_the_folder_of_the_file(tmp_path: Path) -> None:
    settings = read(written(tmp_path, SECRET))
    assert resolved(settings, "source", "files", "main") == {"folder": str(tmp_path / "export")}


def test_a_wrong_value_is_not_repeated(tmp_path: Path) -> None:
    file = written(tmp_path, "playbook = 'p'\n[destination.mailchimp]\nmain = 'hush-us1'")
    with pytest.raises(Stop) as said:
        read(file)
    assert "hush" not in str(said.value)


def test_moments_are_iso_or_microseconds() -> None:
    assert moment("2026-03-02T12:00:00Z") == moment("2026-03-02T13:00:00+01:00")
    assert moment("2026-03-02T12:00:00") == moment("1772452800000000")
    with pytest.raises(ValueError, match="yesterday"):
        moment("yesterday")
