"""The sandbox judges the rest, so it stands on nothing of it."""

import ast
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "connectors" / "sandbox"


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.py")), ids=lambda f: f.stem)
def test_a_file_imports_the_standard_library_and_its_own_kind(file):
    for node in ast.walk(ast.parse(file.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            own = name.startswith("connectors.sandbox")
            assert own or name.split(".")[0] in sys.stdlib_module_names, name
