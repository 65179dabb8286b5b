"""What people write in a rule by habit, from other languages and from spreadsheets, and what this
dialect has instead. Signs that no rule ever holds are looked for before a rule is parsed, words
only where parsing failed."""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Slip(NamedTuple):
    """A place in a text, what is wrong there, and a way out."""

    at: int
    message: str
    remedy: str | None = None


QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
JOINING = frozenset(["and", "or", "not", "in", "is", "like", "between", "null", "then", "else"])
CURLY = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u0060\u00b4"
"""Quotation marks of word processors, and the back-tick."""
OPERATORS: tuple[tuple[str, str, str], ...] = (
    (r"=>", "=> is no comparison", "write >="),
    (r"=<", "=< is no comparison", "write <="),
    (r"≥", "≥ is not part of this dialect", "write >="),
    (r"≤", "≤ is not part of this dialect", "write <="),
    (r"≠", "≠ is not part of this dialect", "write <>"),
    (r"&&", "&& is not part of this dialect", "write and"),
    (r"\|\|", "|| is not part of this dialect", "write or"),
)
"""Signs between names that are names all the same, in the form of `SIGNS`."""
SIGNS: tuple[tuple[str, str, str], ...] = (
    *OPERATORS,
    (rf"[{CURLY}]", "this is not a straight quote", "text stands between straight ones: 'text'"),
    (r"[{}]", "a rule has no braces", "write the name alone"),
    (r"%", "% is not part of this dialect", "write 0.1 for 10%"),
    (r"^\s*if\s+\w", "a rule begins with what is compared", "leave out if"),
)
"""A pattern of something that is never right outside of quotes, what to say, and what to do."""
CURRENCY = re.compile(r"[$€£¥]\s*(\d[\d.,]*)?|(?<![\w.])(\d[\d.,]*)\s*(?:[€£¥]|([A-Z]{3})\b)")
THOUSANDS = re.compile(r"(?<![\w.,])\d[\d.]*,\d+")
AFTER_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(\s*)([A-Za-z_]\w*)")
WORDS: tuple[tuple[str, str], ...] = (
    (r"\b(?:contains|includes)\b", "write like '%text%'"),
    (r"\b(?:starts|begins)\s+with\b", "write like 'text%'"),
    (r"\bends\s+with\b", "write like '%text'"),
    (r"\b(?:more|greater|larger|higher|over)(?:\s+than)?\b", "write >"),
    (r"\b(?:less|fewer|smaller|lower|under)(?:\s+than)?\b", "write <"),
    (r"\bat\s+least\b", "write >="),
    (r"\bat\s+most\b", "write <="),
    (r"\bequals?(?:\s+to)?\b", "write ="),
    (r"\bxor\b", "write (a and not b) or (b and not a)"),
    (r"\bto\b", "write between 2 and 4"),
)
"""Words that are no signs here, and the signs that are."""


def bare(value: str) -> str:
    """A rule with its quoted texts blanked, places as they are."""
    return QUOTED.sub(lambda found: "'" + " " * (len(found[0]) - 2) + "'", value)


def signs(value: str) -> Slip | None:
    """The first sign in a rule that this dialect has not, or a bracket without its other half."""
    text = bare(value)
    found = [Slip(hit.start(), message, remedy) for pattern, message, remedy in SIGNS
             if (hit := re.search(pattern, text, re.IGNORECASE))]  # fmt: skip
    found = [*amounts(text), *found, *numbers(text), *brackets(text)]
    return min(found, key=lambda one: one.at, default=None)


def names(value: str) -> Iterator[tuple[str, int]]:
    """The names, with their places, in a rule that cannot be parsed for an operator of elsewhere;
    none in any other."""
    text = bare(value)
    if any(re.search(pattern, text) for pattern, _, _ in OPERATORS):
        for hit in re.finditer(r"(?<![\w.$'])[A-Za-z_]\w*(?!\w*\s*\()", text):
            if hit[0].lower() not in JOINING | {"true", "false"}:
                yield hit[0], hit.start()


def words(value: str) -> Slip | None:
    """The first word in a rule that stands for a sign elsewhere."""
    text = bare(value)
    found = [Slip(hit.start(), f"{hit[0].lower()} is not part of this dialect", remedy)
             for pattern, remedy in WORDS
             if (hit := re.search(pattern, text, re.IGNORECASE))]  # fmt: skip
    return min(found, key=lambda one: one.at, default=None)


def amounts(text: str) -> Iterator[Slip]:
    """$50, 50 EUR."""
    for hit in CURRENCY.finditer(text):
        if (hit[3] or "").lower() in JOINING:
            continue
        number = (hit[1] or hit[2] or "50").rstrip(".,")
        said = "money is written without its currency, in units of the account's"
        yield Slip(hit.start(), said, f"write {number.replace(',', '')}")


def numbers(text: str) -> Iterator[Slip]:
    """1,000 where it is no list, 50k, and a word after a number, as in `a-90d` or `a > 2 b`."""
    for hit in THOUSANDS.finditer(text):
        if not in_list(text, hit.start()):
            yield Slip(hit.start(), "a number is written without commas",
                       f"write {hit[0].replace(',', '')}, with a point before a fraction")  # fmt: skip
    for hit in AFTER_NUMBER.finditer(text):
        number, space, word = hit.groups()
        name = re.search(r"\w+-$", text[: hit.start()])
        if word.lower() in JOINING or re.fullmatch(r"[eExX]\d*", word):
            continue
        if name and not space:
            whole = f"{name[0]}{hit[0]}"
            yield Slip(name.start(), f"{whole} is no name", f"write {whole.replace('-', '_')}, if "
                       "that is its name")  # fmt: skip
        elif not space:
            yield Slip(hit.start(), f"{hit[0]} is not a number", f"write {number} alone")
        elif word.lower() != "to":
            yield Slip(hit.start(3), f"{word} is out of place", "join rules with and, or")


def in_list(text: str, place: int) -> bool:
    """Whether a place is inside the brackets of `in (...)` or of a function."""
    depth = 0
    for at in range(place - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] in "([")
        if depth < 0:
            before = re.search(r"(\w+)\s*$", text[:at])
            return text[at] == "[" or bool(before and before[1].lower() not in JOINING - {"in"})
    return False


def brackets(text: str) -> Iterator[Slip]:
    """A bracket that is never closed, or that closes nothing."""
    opened: list[int] = []
    for at, sign in enumerate(text):
        if sign == "(":
            opened.append(at)
        elif sign == ")" and opened:
            opened.pop()
        elif sign == ")":
            yield Slip(at, "this bracket closes nothing", "leave it out, or open one before")
    for at in opened:
        yield Slip(at, "a bracket is opened here and never closed", "close it with )")
