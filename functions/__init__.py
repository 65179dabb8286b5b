"""The doors. In a bundle this module, which is loaded before any other, makes sure that it runs on the
kind of machine that it was built for: else the first package would fail with words about ELF."""

import platform
from pathlib import Path

BUILT_FOR = Path(__file__).with_name("built-for.txt")


def fitting(built_for: Path, machine: str) -> None:
    """Raises ImportError in a bundle that is for another machine."""
    wanted = built_for.read_text(encoding="utf-8") if built_for.is_file() else machine
    if wanted != machine:
        raise ImportError(
            f"built for {wanted} and deployed on {machine}: build with ARCHITECTURE=arm64 or "
            "x86_64 and deploy with the parameter Architecture of the same name"
        )


fitting(BUILT_FOR, platform.machine())
