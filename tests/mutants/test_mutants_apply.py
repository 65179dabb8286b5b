"""Every named mutant still is what it says: its snippet is there once, and the file with it in is
a program. That its test kills it is what `make mutants` shows."""

from pathlib import Path

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.mutants import MUTANTS

ROOT = Path(__file__).resolve().parents[2]


def test_there_are_many_and_each_has_its_own_name():
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names)) >= 20


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_applies_and_the_file_is_a_program(mutant: Mutant):
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.before) == 1
    changed = text.replace(mutant.before, mutant.after)
    assert changed != text
    compile(changed, mutant.file, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_test_that_kills_it_is_there(mutant: Mutant):
    path, _, name = mutant.killed_by.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not name or f"def {name.partition('[')[0]}(" in text
