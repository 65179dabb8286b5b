"""What holds for the repository as a whole: it installs anywhere, says what it offers, and names
nobody's machine."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTS = ("base", "demo", "dev")

# Written apart, so that this file passes its own test.
REGISTRIES = re.compile(
    "|".join(("pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.", "--(extra-)?index" + "-url"))
)
PLACES = "root|home|work|tmp|Users"
MACHINE = re.compile(rf"(?<![\w:/.\-$}}])/({PLACES})/")


def tracked() -> list[Path]:
    """The repository's files; all files where it is no git repository, as in an archive."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
        return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]
    hidden = {".venv", "build", ".ofone"}
    return [
        file
        for file in ROOT.rglob("*")
        if file.is_file() and not hidden & set(file.relative_to(ROOT).parts)
    ]


def text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def pins(name: str) -> dict[str, str]:
    body = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][\w.\-]*)==([^\s;]+)", body, re.MULTILINE))


def test_no_file_names_a_package_registry() -> None:
    assert [str(file) for file in tracked() if REGISTRIES.search(text(file))] == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = {str(file.relative_to(ROOT)): MACHINE.search(text(file)) for file in tracked()}
    assert {file: match[0] for file, match in found.items() if match} == {}


def test_every_make_target_is_documented() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {target for target in targets() if f"`make {target}`" not in guide} == set()


def test_every_target_that_is_no_file_is_declared_so() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == targets()


@pytest.mark.parametrize("name", LISTS)
def test_every_package_has_a_version_and_hashes_and_nothing_else(name: str) -> None:
    body = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    wanted = re.sub(r"\s*#.*", "", body.replace("\\\n", " ")).split("\n")
    line = re.compile(r"[a-z0-9][\w.\-]*==\d[\w.]*( ; [^-]+)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [each for each in wanted if each.strip() and not line.fullmatch(each)] == []


def test_what_is_asked_for_is_locked_and_the_same_in_every_list() -> None:
    longest = pins("dev")
    for name in LISTS:
        asked = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8")
        names = re.findall(r"^([a-z][\w.\-]*)", asked, re.MULTILINE)
        assert {each.replace(".", "-") for each in names} <= pins(name).keys()
        assert pins(name).items() <= longest.items()


def test_ci_runs_what_a_developer_runs() -> None:
    assert "make check" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert re.findall(r"- run: (.*)", workflow) == [".ci/run"]


def test_the_version_is_the_newest_of_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[?([\w.]+)\]?", changelog, re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert versions[1:2] in ([], [project["version"]])


def test_links_between_pages_lead_somewhere() -> None:
    links = (
        (page, target)
        for page in tracked()
        if page.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)", text(page))
        if "://" not in target
    )
    broken = [
        f"{page.name} -> {target}" for page, target in links if not (page.parent / target).exists()
    ]
    assert broken == []
