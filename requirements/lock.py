"""Writes the hashed requirement lists: `make lock`. The newest versions that fit together are
chosen once, for everything (dev), and the shorter lists take the same ones.

Hashes of every platform's files are kept, and no address of a registry.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HEADER = "# Made by `make lock` from {name}.in. Edit that, not this.\n"
# What the demo's data package would import itself. Its Parquet files are read without it.
LEFT_OUT = ("pandas", "pyarrow")


def lock(name: str, constraint: Path | None) -> None:
    """Resolves `name`.in into `name`.txt; under the versions of another list if one is given."""
    target = HERE / f"{name}.txt"
    target.unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet"]
    command += ["--universal", "--python-version", "3.13", "--only-binary", ":all:"]
    command += ["--generate-hashes", "--no-header", "--no-emit-index-url"]
    command += [part for each in LEFT_OUT for part in ("--no-emit-package", each)]
    command += ["--constraint", str(constraint)] if constraint else []
    # From the folder itself, so that the comments name files and not places of this machine.
    command += ["--output-file", target.name, f"{name}.in"]
    subprocess.run(command, check=True, cwd=HERE, stdout=subprocess.DEVNULL)
    # What is left out is named in a comment at the end; a list says only what it holds.
    body = target.read_text().split("\n# The following packages were excluded")[0].rstrip()
    target.write_text(HEADER.format(name=name) + body + "\n")


def main(names: list[str]) -> None:
    """Locks every list, the longest first because the others take its versions."""
    longest = names[-1]
    lock(longest, None)
    for name in names[:-1]:
        lock(name, HERE / f"{longest}.txt")


if __name__ == "__main__":
    main(sys.argv[1:] or ["base", "demo", "dev"])
