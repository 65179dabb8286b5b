"""The page's estimate is the program's."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_says_what_the_program_prints() -> None:
    done = subprocess.run([sys.executable, ROOT / "infra" / "cost.py"], capture_output=True,
                          text=True, check=True)  # fmt: skip
    together = re.search(r"^together +([\d. ]+)$", done.stdout, re.MULTILINE)
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| 1[0,]+ \| (\d+) \|$", page, re.MULTILINE)
    assert [round(float(one)) for one in together[1].split()] == [int(one) for one in said]
    assert "prices:" in done.stdout
