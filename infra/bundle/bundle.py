"""Makes one function's bundle: the packages of its list, with their hashes held, the product's own
code, and the shop's settings and playbook.

Packages are installed once a list and architecture, in `build/bundles/`, and copied from there.
What no function reads is left out: tests, tools, and the descriptions of cloud services that
are never called. Needs nothing but Python with pip.
"""

import argparse
import compileall
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("personalization", "connectors", "functions")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "sandbox", "cli", "demo")
PYTHON = "3.13"
PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
BUILT_FOR = "built-for.txt"
"""Names the machine in a bundle; `functions/__init__.py` reads it."""
APPLIED = ("hubspot", "klaviyo", "mailchimp", "webhook")
"""The destinations that template.yaml has a function for: a queue, a secret and a role each."""
CALLED = ("dynamodb", "lambda", "s3", "secretsmanager", "sqs", "stepfunctions", "sts")
"""The cloud services whose descriptions stay in botocore."""
NEEDLESS = ("tests", "test", "bin", "f2py", "include")
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
    parser.add_argument("list", help="requirements/<list>.txt")
    parser.add_argument("--into", type=Path, required=True)
    given = parser.parse_args()
    machine = os.environ.get("ARCHITECTURE") or "x86_64"
    if machine not in MACHINES:
        sys.exit(f"ARCHITECTURE={machine} is none: it is x86_64 or arm64")
    into: Path = given.into
    into.mkdir(parents=True, exist_ok=True)
    shutil.copytree(packages(given.list, machine), into, copy_function=linked, dirs_exist_ok=True)
    for name in OURS:
        shutil.copytree(ROOT / name, into / name, ignore=LEFT_OUT, dirs_exist_ok=True)
    (into / "functions" / BUILT_FOR).write_text(MACHINES[machine], encoding="utf-8")
    shop(into / "shop")
    for name in OURS:
        compiled(into / name, into)


def packages(name: str, machine: str) -> Path:
    """The packages of a list, installed for the cloud's machine."""
    wanted = ROOT / "requirements" / f"{name}.txt"
    said = wanted.read_bytes() + Path(__file__).read_bytes() + machine.encode()
    place = ROOT / "build" / "bundles" / f"{name}-{hashlib.sha256(said).hexdigest()[:16]}"
    if place.is_dir():
        return place
    unfinished = place.with_name(f"{place.name}.{os.getpid()}")
    platforms = [part for one in PLATFORMS for part in ("--platform", f"{one}_{MACHINES[machine]}")]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-compile", "--no-deps", "--only-binary", ":all:", "--require-hashes",
         "--implementation", "cp", "--python-version", PYTHON, *platforms,
         "--target", str(unfinished), "-r", str(wanted)],
        check=True,
    )  # fmt: skip
    prune(unfinished)
    compiled(unfinished, unfinished)
    if place.is_dir():  # somebody else made it meanwhile
        shutil.rmtree(unfinished)
    else:
        unfinished.rename(place)
    return place


def prune(place: Path) -> None:
    """Takes out what no function reads."""
    kept = {"f2py"} if (place / "scipy").is_dir() else set()  # scipy loads every part of numpy
    needless = set(NEEDLESS) - kept
    for folder in sorted(place.rglob("*"), reverse=True):
        if folder.is_dir() and folder.name in needless and "hubspot" not in folder.parts:
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


def linked(source: str, target: str) -> None:
    """One file for every bundle that has it, where the disk lets it be; nobody writes to it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def compiled(place: Path, root: Path) -> None:
    """Bytecode beside the code: a function cannot keep any, and would compile at each start. It
    is the same bytes each time, so that what did not change is not deployed again."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON:
        compileall.compile_dir(
            place, quiet=2, force=True, stripdir=str(root), workers=1,
            invalidation_mode=compileall.py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )  # fmt: skip


if __name__ == "__main__":
    main()
