"""There is one way to a call: a planned row, judged by the consent rule, written by `apply`.

The rule is held by what the code is, not by what a run happens to do: whoever adds a second way
sees this file fail."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from personalization.consent import Permit, Refusal, Standing, permit
from personalization.models import OutboxRow

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("personalization", "connectors", "functions")
CONSENT = "personalization/consent.py"


@pytest.fixture(scope="module", autouse=True)
def forgotten() -> Iterator[None]:
    """The syntax of everything is large: no other test shall carry it along."""
    yield
    sources.cache_clear()
    words.cache_clear()


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    """Every file of the product, but the sandbox: that is the other side."""
    found = []
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("connectors/sandbox/"):
                found.append((name, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node


def called(node: ast.Call) -> str:
    """The last word of what is called: `work.destination.write(...)` is a "write"."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@cache
def words(node: ast.AST) -> frozenset[str]:
    """Every name and attribute within."""
    return frozenset(
        one.id if isinstance(one, ast.Name) else one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Name | ast.Attribute)
    )


def row(kind="fields", **new):
    return OutboxRow(id=1, plan="p", destination="d", account="a", contact="c", kind=kind, old={},
                     new=new or {"F": "x"})  # fmt: skip


def test_nobody_can_make_a_permit_by_hand():
    with pytest.raises(TypeError):
        Permit(row(), "id", None, object())
    with pytest.raises(TypeError):
        Permit(row(), "id", None)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        permit(row(), Standing("subscribed", "id", None)).extra = 1


def test_only_the_consent_rule_makes_permits():
    makers = [name for name, tree in sources() for node in calls(tree) if called(node) == "Permit"]
    assert set(makers) == {CONSENT}
    tricks = {"_PROOF", "__new__", "setattr", "__setattr__", "deepcopy"}
    for name, tree in sources():
        found = words(tree) & tricks
        assert not found or name == CONSENT or "Permit" not in words(tree), (name, found)
    assert [name for name, tree in sources() if "_PROOF" in words(tree)] == [CONSENT]
    heirs = [
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Permit" in words(b) for b in node.bases)
    ]
    assert heirs == []


def test_only_apply_writes_to_a_destination():
    """Of all calls of some `write`, one is made on a destination, with what was just judged."""
    found = [
        name for name, tree in sources() for node in calls(tree)
        if called(node) == "write" and isinstance(node.func, ast.Attribute)
        and words(node.func.value) & {"destination", "dest", "outlet", "connector", "goal"}
    ]  # fmt: skip
    assert found == ["personalization/apply/write.py"]
    tree = dict(sources())["personalization/apply/write.py"]
    for node in calls(tree):
        if called(node) == "write" and isinstance(node.func, ast.Attribute):
            assert [one.id for one in node.args] == ["permits"]


def test_only_apply_asks_the_rule_and_it_always_does():
    judges = [name for name, tree in sources() for node in calls(tree) if called(node) == "permit"]
    assert judges == ["personalization/apply/judge.py"]
    tree = dict(sources())["personalization/apply/write.py"]
    made = next(node for node in tree.body
                if isinstance(node, ast.FunctionDef) and node.name == "permitted")  # fmt: skip
    assert "judge" in words(made)


def test_connectors_take_no_other_word_for_a_person_than_a_permit():
    """Whatever builds a member's path or names an address in a call that writes gets it from a
    permit. A GET may read whom it likes."""
    for name, tree in sources():
        if not name.startswith("connectors/"):
            continue
        for node in calls(tree):
            if called(node) != "Operation" or "'GET'" in map(method, node.keywords):
                continue
            paths = [one.value for one in node.keywords if one.arg == "path"]
            for path in paths:
                assert "permit" in words(path) or "members" not in ast.unparse(path), (
                    f"{name}:{node.lineno}"
                )


def method(keyword: ast.keyword) -> str:
    """What a call gives as `method`, as it is written."""
    return ast.unparse(keyword.value) if keyword.arg == "method" else ""


@cache
def writing() -> tuple[tuple[str, ast.Module], ...]:
    """The connectors that are destinations, with all that they import of `connectors`: what only
    sources read with has no call that writes, nor has what hears webhooks, whose types of events
    have such names."""
    trees = {
        name: tree for name, tree in sources()
        if name.startswith("connectors/") and not name.startswith("connectors/shared/webhook_")
    }  # fmt: skip
    waiting = [
        name for name, tree in trees.items()
        if any(isinstance(one, ast.FunctionDef) and one.name == "destination" for one in tree.body)
    ]  # fmt: skip
    found: dict[str, ast.Module] = {}
    while waiting:
        if (name := waiting.pop()) in found:
            continue
        found[name] = trees[name]
        waiting += {file for file in imported(trees[name]) if file in trees}
    return tuple(sorted(found.items()))


def imported(tree: ast.Module) -> Iterator[str]:
    """The files that a module's imports may mean."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (f"{one.name.replace('.', '/')}.py" for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").replace(".", "/")
            yield f"{base}.py"
            yield from (f"{base}/{one.name}.py" for one in node.names)


def test_no_destination_can_say_status():
    """A body with a `status` could subscribe somebody. PUT of a member could create one."""
    files = {name for name, _ in writing()}
    assert {"connectors/mailchimp.py", "connectors/shared/mailchimp_writes.py"} <= files
    for name, tree in writing():
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                keys = {one.value for one in node.keys if isinstance(one, ast.Constant)}
                wrong = keys & {"status_if_new", "status", "subscribe"}
                # {"status": "archived"} asks for members to read; see the walk of a pull.
                reads = ast.unparse(node) == "{'status': 'archived'}"
                assert not wrong or reads, f"{name}:{node.lineno} {wrong}"
        for forbidden in ("set_list_member", "add_list_member", "update_list_member"):
            assert forbidden not in words(tree), (name, forbidden)


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "archived", "gone", "anything new"])
@pytest.mark.parametrize("kind", ["fields", "tags", "send"])
def test_who_has_left_gets_no_permit_of_any_kind(status, kind):
    standing = Standing(status, "id", "a@example.com", consent={"x email marketing": "in"})
    assert isinstance(permit(row(kind), standing), Refusal)
    assert isinstance(permit(row(kind, basis="x"), standing, basis="transactional"), Refusal)


@pytest.mark.parametrize("kind", ["fields", "tags", "send"])
def test_who_is_erased_gets_no_permit_of_any_kind(kind):
    standing = Standing("subscribed", "id", "a@example.com", erased=True,
                        consent={"x email marketing": "in"})  # fmt: skip
    assert isinstance(permit(row(kind), standing), Refusal)
