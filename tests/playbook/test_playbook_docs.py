"""The page about playbooks says everything that a playbook may say, and what it shows is right."""

import re
from pathlib import Path

import pytest

from personalization.playbook.jinja import FILTERS, PICK_NAMES
from personalization.playbook.load import from_files
from personalization.playbook.shape import EVENT_PROPERTIES, KEYS, LINE_PROPERTIES, TYPES
from personalization.playbook.walk import FUNCTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "playbook.md").read_text()
CODE = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", PAGE, re.DOTALL))
KNOWN = sorted({key for keys in KEYS.values() for key in keys})


@pytest.mark.parametrize("word", [*KNOWN, *TYPES, *EVENT_PROPERTIES, *LINE_PROPERTIES])
def test_every_key_type_and_property_is_documented(word: str) -> None:
    assert re.search(rf"\b{word}\b", CODE), f"docs/playbook.md does not say what {word} is"


@pytest.mark.parametrize("word", [*FUNCTIONS, *PICK_NAMES, *sorted(FILTERS - {"d", "e"})])
def test_every_function_and_filter_is_documented(word: str) -> None:
    assert re.search(rf"\b{word}\b", CODE), f"docs/playbook.md does not mention {word}"


@pytest.mark.parametrize("section", ["trait", "message", "slot", "field", "trigger", "limits"])
def test_the_blocks_of_the_page_use_every_key(section: str) -> None:
    blocks = "\n".join(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    used = set(re.findall(r"\b([a-z_]+):", blocks))
    assert set(KEYS[section]) - used <= {"file"}


def test_the_blocks_of_the_page_are_one_complete_playbook() -> None:
    text = "\n".join(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    playbook = from_files({"playbook.yaml": text}, "page")
    assert playbook.complete
    assert len({trait.kind for trait in playbook.traits.values()}) == 14
    assert playbook.cases
