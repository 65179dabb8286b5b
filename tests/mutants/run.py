"""`make mutants`: applies each named mutant to a copy of the product and runs the test that kills
it. First the same tests run on an untouched copy, where they must pass.

`python tests/mutants/run.py WORD...` runs only mutants whose name has one of the words in it.
The last line counts; exit code 1 where a mutant survived, no longer applies, does not import, took
too long, or its test fails without it.
"""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.mutants.mutant import Mutant
from tests.mutants.mutants import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
SECONDS = 300
"""For one mutant; generous, because the machine may be busy."""
HIDDEN = (".git", ".venv", "build", ".ofone", ".hypothesis", "*_cache", "__pycache__")
KILLED = "killed"


def main(words: Sequence[str]) -> int:
    """Runs the mutants and prints what became of each."""
    chosen = [one for one in MUTANTS if not words or any(word in one.name for word in words)]
    with TemporaryDirectory(prefix="mutants-") as name:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(WORKERS):
            copies.put(copy(Path(name).resolve() / str(number)))
        if not pass_without(Path(name).resolve() / "0", chosen):
            return 1

        def judged(mutant: Mutant) -> str:
            folder = copies.get()
            try:
                return tried(mutant, folder)
            finally:
                copies.put(folder)

        verdicts = []
        with ThreadPoolExecutor(WORKERS) as pool:
            for mutant, verdict in zip(chosen, pool.map(judged, chosen), strict=True):
                verdicts.append(verdict)
                say(f"{verdict:<24}  {mutant.name}: {mutant.why}")
    killed = verdicts.count(KILLED)
    say(f"{killed} killed, {len(verdicts) - killed} survived")
    return 0 if verdicts and killed == len(verdicts) else 1


def say(line: str) -> None:
    """One line at once, because the next may take a while."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def copy(target: Path) -> Path:
    """The project as it lies here, without what git ignores."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*HIDDEN))
    else:
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target / name)
    # By their content and not by their dates: a mutant is made and taken back within a second.
    run(["-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "."], target)
    return target


def run(arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Python in a copy, which stands before the installed project on the path."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=SECONDS,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)},
    )  # fmt: skip


def pass_without(folder: Path, mutants: Sequence[Mutant]) -> bool:
    """Whether all killing tests pass on the untouched copy."""
    tests = sorted({mutant.killed_by for mutant in mutants})
    say(f"{len(mutants)} mutants; {len(tests)} tests without them first ...")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(WORKERS),
         *tests], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)},
    )  # fmt: skip
    if done.returncode != 0:
        say(done.stdout + done.stderr)
        say("These tests have to pass without a mutant before they can kill one.")
    return done.returncode == 0


def tried(mutant: Mutant, folder: Path) -> str:
    """What becomes of one mutant; its copy is as it was afterwards."""
    file = folder / mutant.file
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if text.count(mutant.before) != 1 or mutant.after == mutant.before:
        return "DOES NOT APPLY"
    file.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
    try:
        module = ".".join(Path(mutant.file).with_suffix("").parts)
        if run(["-c", f"import {module}"], folder).returncode != 0:
            return "DOES NOT IMPORT"
        return outcome(mutant, folder)
    except subprocess.TimeoutExpired:
        return "TOOK TOO LONG"
    finally:
        file.write_text(text, encoding="utf-8")


def outcome(mutant: Mutant, folder: Path) -> str:
    """Whether its test fails: a failed assertion or an exception in the test itself. Tests that
    cannot be collected or set up have told nothing."""
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    done = run(
        ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--junitxml={report}",
         mutant.killed_by], folder,
    )  # fmt: skip
    if done.returncode == 0:
        return "SURVIVED"
    suite = ElementTree.parse(report).getroot().find("testsuite") if report.exists() else None
    failed = int(suite.get("failures", "0")) if suite is not None else 0
    return KILLED if done.returncode == 1 and failed else "ITS TEST DOES NOT RUN"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
