"""Makes what a function is built from. `code`: the product's own code, the shop's settings and
playbook. `packages LIST`: a layer, with the packages of a list and their hashes held.

A layer holds what its list has more than the list below it, and functions share layers: a package
is installed, packed and uploaded once, however many functions import it. What is made is kept
in `build/bundles/` by its content, and linked from there. What no function reads is left out:
tests, tools, and the descriptions of cloud services that are never called. Needs nothing but
Python with pip.
"""

import argparse
import compileall
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = ROOT / "build" / "bundles"
OURS = ("personalization", "connectors", "functions")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "sandbox", "cli", "demo")
PYTHON = "3.13"
PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
BELOW = {"webhook": (), "pull": ("webhook",), "mailchimp": ("pull",), "hubspot": ("pull",),
         "decide": ("pull",), "fit": ("pull",)}  # fmt: skip
"""The list that a list stands on: a function has the layers of both."""
BUILT_FOR = "built-for.txt"
"""Names the machine in a bundle; `functions/__init__.py` reads it."""
APPLIED = ("hubspot", "klaviyo", "mailchimp", "webhook")
"""The destinations that template.yaml has a function for: a queue, a secret and a role each."""
CALLED = ("dynamodb", "lambda", "s3", "secretsmanager", "sqs", "stepfunctions", "sts")
"""The cloud services whose descriptions stay in botocore."""
NEEDLESS = ("tests", "test", "bin", "include")
UNUSED = {
    "hubspot": ("cms", "conversations", "files", "oauth", "settings", "webhooks"),
    "hubspot/crm": ("commerce", "companies", "deals", "exports", "extensions", "imports",
                    "line_items", "owners", "pipelines", "products", "quotes", "schemas",
                    "tickets", "timeline"),
    "hubspot/marketing": ("emails", "events", "forms"),
}  # fmt: skip
"""Parts of HubSpot's client that the connector never asks for; it loads each when it is asked for
(`hubspot/discovery`)."""


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["code", "packages"])
    parser.add_argument("list", nargs="?", choices=list(BELOW), help="requirements/<list>.txt")
    parser.add_argument("--into", type=Path, required=True)
    given = parser.parse_args()
    machine = os.environ.get("ARCHITECTURE") or "x86_64"
    if machine not in MACHINES:
        sys.exit(f"ARCHITECTURE={machine} is none: it is x86_64 or arm64")
    if given.what == "code":
        linked(code(machine), given.into)
        shop(given.into / "shop")
    else:
        linked(packages(given.list, machine), given.into / "python")


def layers(name: str) -> list[str]:
    """The lists whose layers a function of a list has, the lowest first."""
    return [*(one for below in BELOW[name] for one in layers(below)), name]


def code(machine: str) -> Path:
    """The product's own code, with its bytecode."""
    files = [one for name in OURS for one in sorted((ROOT / name).rglob("*")) if one.is_file()]
    said = b"".join(str(one.relative_to(ROOT)).encode() + b"\0" + one.read_bytes() + b"\0"
                    for one in files if "__pycache__" not in one.parts)  # fmt: skip

    def make(into: Path) -> None:
        for name in OURS:
            shutil.copytree(ROOT / name, into / name, ignore=LEFT_OUT)
        (into / "functions" / BUILT_FOR).write_text(MACHINES[machine], encoding="utf-8")
        compiled(into)

    return kept("code", said + machine.encode(), make)


def packages(name: str, machine: str) -> Path:
    """What a list has more than the one below it, installed for the cloud's machine."""
    wanted = own(name)
    platforms = [part for one in PLATFORMS for part in ("--platform", f"{one}_{MACHINES[machine]}")]

    def make(into: Path) -> None:
        listed = into.with_name(f"{into.name}.txt")
        listed.write_text(wanted, encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--no-compile", "--no-deps", "--only-binary", ":all:", "--require-hashes",
             "--implementation", "cp", "--python-version", PYTHON, *platforms,
             "--target", str(into), "-r", str(listed)],
            check=True,
        )  # fmt: skip
        listed.unlink()
        prune(into)
        compiled(into)

    return kept(name, wanted.encode() + machine.encode(), make)


def own(name: str) -> str:
    """A list without what the lists below it have. Where they disagree on a version the function
    would get one of two: that ends here."""
    known = {one: text for below in BELOW[name] for one, text in pinned(below).items()}
    mine = pinned(name)
    for one in sorted(known.keys() & mine.keys()):
        if known[one].splitlines()[0] != mine[one].splitlines()[0]:
            sys.exit(f"requirements/{name}.txt has another {one} than the list below it: make lock")
    if missing := sorted(known.keys() - mine.keys()):
        sys.exit(f"requirements/{name}.txt lacks {missing[0]}, which the list below it has")
    return "".join(text for one, text in mine.items() if one not in known)


def pinned(name: str) -> dict[str, str]:
    """A list's packages, each with its lines: the version and the hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return {found[2]: found[1] for found in
            re.finditer(r"^(([\w.-]+)==.*\n(?:[ \t]+\S.*\n)*)", text, re.MULTILINE)}  # fmt: skip


def kept(name: str, said: bytes, make: Callable[[Path], None]) -> Path:
    """What `make` makes of `said`, made once: others who want it meanwhile wait for it."""
    key = hashlib.sha256(said + Path(__file__).read_bytes()).hexdigest()[:16]
    place = MADE / f"{name}-{key}"
    MADE.mkdir(parents=True, exist_ok=True)
    with (MADE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.is_dir():
            unfinished = MADE / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(place)
    return place


def prune(place: Path) -> None:
    """Takes out what no function reads."""
    for folder in sorted(place.rglob("*"), reverse=True):
        if folder.is_dir() and folder.name in NEEDLESS and "hubspot" not in folder.parts:
            shutil.rmtree(folder)
    for name in (f"{above}/{one}" for above, parts in UNUSED.items() for one in parts):
        shutil.rmtree(place / name, ignore_errors=True)
    services = place / "botocore" / "data"
    for folder in services.iterdir() if services.is_dir() else ():
        if folder.is_dir() and folder.name not in CALLED:
            shutil.rmtree(folder)


def shop(into: Path) -> None:
    """The shop's settings and playbook: of the folder that SHOP names, else of the project's own
    folder, else the starter's."""
    folders = [ROOT, ROOT / "infra" / "starter"]
    if os.environ.get("SHOP"):
        folders = [Path(os.environ["SHOP"]).resolve()]
    found = next((one for one in folders if (one / "ofone.toml").is_file()), None)
    if found is None:
        sys.exit(f"there is no ofone.toml in {folders[0]}: `ofone init` writes one")
    into.mkdir(parents=True, exist_ok=True)
    settings = (found / "ofone.toml").read_text(encoding="utf-8")
    given = tomllib.loads(settings)
    name = Path(given["playbook"])
    if strange := sorted(set(given.get("destination", ())) - set(APPLIED)):
        sys.exit(
            f"{found}/ofone.toml: destination.{strange[0]}: template.yaml has no function that "
            f"applies to {strange[0]}. There are some for {', '.join(APPLIED)}"
        )
    inside = next((one / name for one in (found, ROOT) if (one / name).is_dir()), None)
    if name.is_absolute() or ".." in name.parts or inside is None:
        sys.exit(f"{found}/ofone.toml: playbook must name a folder beside it, to be deployed too")
    (into / "ofone.toml").write_text(settings, encoding="utf-8")
    shutil.copytree(inside, into / name, dirs_exist_ok=True)


def linked(made: Path, into: Path) -> None:
    """One file for every bundle that has it, where the disk lets it be; nobody writes to it."""

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)

    shutil.copytree(made, into, copy_function=link, dirs_exist_ok=True)


def compiled(place: Path) -> None:
    """Bytecode beside the code: a function cannot keep any, and would compile at each start. It
    is the same bytes each time, so that what did not change is not deployed again."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON:
        compileall.compile_dir(
            place, quiet=2, force=True, stripdir=str(place), workers=1,
            invalidation_mode=compileall.py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )  # fmt: skip


if __name__ == "__main__":
    main()
