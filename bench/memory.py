"""The memory of a process tree, sampled where the system tells (Linux)."""

import time
from pathlib import Path

PAGE = 4096


def watch_peak(pid: int, peak: list[int]) -> None:
    """Keeps the greatest sum of resident bytes of a process and all below it, until it ends."""
    while (resident := tree(pid)) > 0:
        peak[0] = max(peak[0], resident)
        time.sleep(0.1)


def tree(pid: int) -> int:
    """Resident bytes of a process and its descendants; 0 where it is gone or nobody tells."""
    try:
        own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0
    return own + sum(tree(int(child)) for child in children)
