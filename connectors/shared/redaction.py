"""What other systems say in their errors, without persons and keys in it."""

import re

PERSONAL = (
    (re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;]+"), "[address]"),
    (re.compile(r"\b[0-9a-f]{32}-[a-z]+[0-9]+\b", re.IGNORECASE), "[key]"),
    # A member's id is the MD5 of the address: whoever knows addresses can tell whose it is.
    (re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE), "[id]"),
    (re.compile(r"\+?\d[\d ()/-]{6,}\d"), "[number]"),
)


def clean(text: str, most: int = 160) -> str:
    """A text of one line, at most that long, in which nobody is named."""
    for pattern, instead in PERSONAL:
        text = pattern.sub(instead, text)
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
