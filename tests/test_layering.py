"""The house's walls, held by reading the code's syntax: who imports whom, how large things get,
and that the core never reads a clock."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("personalization", "connectors", "functions")
FILES = sorted(file for part in OURS for file in (ROOT / part).rglob("*.py"))

# What a connector may know of the core.
PROTOCOL = {
    "personalization.alias",
    "personalization.apart",
    "personalization.arrival",
    "personalization.connector",
    "personalization.consent",
    "personalization.currency",
    "personalization.errors",
    "personalization.hashing",
    "personalization.links",
    "personalization.mirror",
    "personalization.models",
    "personalization.uncollected",
}
VENDORS = {"mailchimp_marketing", "hubspot", "boto3", "botocore", "aws_lambda_powertools"}
CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today"}

# Reasons for the few that are larger; none is needed so far.
LARGE_FILES: dict[str, str] = {}
LARGE_FUNCTIONS: dict[str, str] = {}


def name(file: Path) -> str:
    """The dotted name of a module."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="module", autouse=True)
def forgotten() -> Iterator[None]:
    """The syntax of everything is large: no other test shall carry it along."""
    yield
    tree.cache_clear()
    nodes.cache_clear()


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """All of a file's syntax."""
    return tuple(ast.walk(tree(file)))


def imported(file: Path, among: Iterable[ast.AST]) -> set[str]:
    """Every module named by an import `among` nodes; relative ones made absolute."""
    found: set[str] = set()
    package = name(file).split(".") if file.name == "__init__.py" else name(file).split(".")[:-1]
    for node in among:
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            module = ".".join(part for part in (start, node.module or "") if part)
            # `from package import module` names the module only together with its package.
            found |= {
                f"{module}.{each.name}" if is_module(f"{module}.{each.name}") else module
                for each in node.names
            }
    return found


def is_module(dotted: str) -> bool:
    place = ROOT.joinpath(*dotted.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def at_import(module: ast.Module) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: not the insides of functions, nor what only a
    type checker reads."""
    waiting: list[ast.AST] = list(module.body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
            continue
        waiting.extend(ast.iter_child_nodes(node))


def within(module: str, *packages: str) -> bool:
    return any(module == each or module.startswith(each + ".") for each in packages)


def allowed(importer: str, module: str) -> bool:
    """Whether the house lets `importer` know `module`."""
    if not within(module, *OURS):
        return True
    if within(importer, "connectors.sandbox"):
        return within(module, "connectors.sandbox")
    if within(importer, "personalization"):
        return within(module, "personalization")
    if within(importer, "connectors"):
        return module in PROTOCOL or within(module, "connectors")
    return True


def test_imports_run_one_way() -> None:
    wrong = [
        f"{name(file)} imports {module}"
        for file in FILES
        for module in sorted(imported(file, nodes(file)))
        if not allowed(name(file), module)
    ]
    assert wrong == []


def test_no_connector_but_the_sandboxs_own_knows_the_sandbox() -> None:
    wrong = [
        f"{name(file)} imports {module}"
        for file in FILES
        if within(name(file), "connectors", "personalization")
        and not within(name(file), "connectors.sandbox")
        for module in imported(file, nodes(file))
        if within(module, "connectors.sandbox")
    ]
    assert wrong == []


def test_the_core_knows_no_vendor_and_no_aws() -> None:
    wrong = [
        f"{name(file)} imports {module}"
        for file in FILES
        if within(name(file), "personalization")
        for module in imported(file, nodes(file))
        if module.split(".")[0] in VENDORS
    ]
    assert wrong == []


def test_vendor_clients_are_imported_where_they_are_made() -> None:
    wrong = [
        f"{name(file)} imports {module} on import"
        for file in FILES
        if within(name(file), "connectors")
        for module in imported(file, at_import(tree(file)))
        if module.split(".")[0] in VENDORS
    ]
    assert wrong == []


def test_the_core_reads_no_clock_and_draws_no_lots() -> None:
    wrong = [
        f"{name(file)}:{node.lineno} {called}"
        for file in FILES
        if within(name(file), "personalization")
        for node in nodes(file)
        if isinstance(node, ast.Call)
        and (called := ".".join(ast.unparse(node.func).split(".")[-2:])) in CLOCKS
    ]
    wrong += [
        f"{name(file)} imports random"
        for file in FILES
        if within(name(file), "personalization") and "random" in imported(file, nodes(file))
    ]
    assert wrong == []


def test_files_are_small() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in FILES
    }
    large = {file: lines for file, lines in lengths.items() if lines > 250}
    assert large.keys() == LARGE_FILES.keys(), large
    assert median(lines for lines in lengths.values() if lines) <= 110


def test_functions_are_small() -> None:
    large = {
        f"{name(file)}.{node.name}": size(node)
        for file in FILES
        for node in nodes(file)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and size(node) > 40
    }
    assert large.keys() == LARGE_FUNCTIONS.keys(), large


def size(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    words = (
        (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function) is not None else 0
    )
    return (function.end_lineno or 0) - function.lineno + 1 - words


@pytest.mark.parametrize(
    ("importer", "module", "let"),
    [
        ("functions.cli.main", "personalization.plan", True),
        ("personalization.plan", "connectors.mailchimp", False),
        ("connectors.mailchimp", "personalization.models", True),
        ("connectors.mailchimp", "personalization.store.protocol", False),
        ("connectors.sandbox.server", "personalization.models", False),
        ("connectors.sandbox.server", "connectors.shared", False),
        ("personalization.engine", "duckdb", True),
    ],
)
def test_the_rule_itself_lets_through_what_it_should(importer: str, module: str, let: bool) -> None:
    assert allowed(importer, module) is let
