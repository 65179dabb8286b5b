"""What is wrong with a template that Jinja cannot read, in words of ours: a sign that is missing,
one from another language, a block without its end."""

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from personalization.playbook.habits import CURLY, QUOTED, Slip
from personalization.playbook.mistakes import near

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
BLOCKS = {"if": "endif", "for": "endfor"}
TAGS = ("if", "elif", "else", "endif", "for", "endfor")
ELSEWHERE = {"elseif": "elif", "elsif": "elif", "end": "endif", "unless": "if not", "case": "if",
             "each": "for", "set": "if", "assign": "if"}  # fmt: skip
INSIDE: tuple[tuple[str, str, str], ...] = (
    (rf"[{CURLY}]", "this is not a straight quote", 'write "text"'),
    (r"&&", "&& is not part of templates", "write and"),
    (r"\|\|", "|| is not part of templates", 'write or, or |default("text")'),
    (r"=>", "=> is no comparison", "write >="),
    (r"=<", "=< is no comparison", "write <="),
    (r"!(?!=)", "! is not part of templates", "write not"),
    (r"\?", "? is not part of templates", 'write "a" if name else "b"'),
    (
        r"\|\s*\w+\s*(?::|\s[\"'])",
        "a filter takes what follows in brackets",
        'write |default("you")',
    ),
    (r"\|\s*$", "a filter is missing after |", "leave | out, or write |upper"),
    (r"^-?\s*(?:el)?if\b[^(]*?(?<![=!<>])(=)(?!=)", "one = compares nothing", "write =="),
    (
        r"^\s*(?!not\b)\w+\s+(?!(?:if|is|in|not|and|or)\b)(\w+)",
        "this is out of place",
        "one {{ }} shows one value",
    ),
    (r"^\s*$", "nothing stands here", "write the name of a trait"),
    (r"[\"']", "a quote is opened here and never closed", "close it with the same sign"),
)
"""A pattern of something that is never right within the signs, what to say, and what to do."""


class Tag(NamedTuple):
    """Something between signs: where it begins, which sign, and what stands in it."""

    at: int
    sign: str
    body: str

    def word(self) -> str:
        """Its first word."""
        found = re.match(r"-?\s*(\w+)", self.body)
        return found[1] if found else ""


def slip(source: str) -> Slip | None:
    """The first thing in a template that is not as it should be; None if nothing is seen."""
    found: list[Tag] = []
    place = 0
    while opening := re.compile(r"\{[{%#]").search(source, place):
        sign, at = opening[0], opening.start()
        end = source.find(CLOSING[sign], at + 2)
        after = re.compile(r"\{[{%#]").search(source, at + 2)
        if end < 0 or (after and after.start() < end):
            return unclosed(source, at, after.start() if after else len(source))
        found.append(Tag(at, sign, source[at + 2 : end]))
        place = end + 2
    tags = [one for one in found if one.sign != "{#"]
    wrong = (hit for one in tags for hit in (misnamed(one), inside(one)) if hit)
    return next(wrong, None) or next(blocks(tags), None)


def loose(source: str, names: Container[str], html: bool) -> Iterator[Slip]:
    """Braces outside of all signs in a template that can be read: they would be shown as they
    stand. Only a known name between them is a slip; in HTML they may be a style's."""
    text = TAG.sub(lambda found: "\0" * len(found[0]), source)
    for hit in re.finditer(r"\{\s*([a-z]\w*)[^{}\0]*\}", text):
        if hit[1] in names:
            yield Slip(hit.start(), f"{hit[0]} is shown as it stands",
                       f"write {{{hit[0]}}}, with two braces")  # fmt: skip
    for hit in () if html else re.finditer(r"(?<=\0)\}|\}\}", text):
        yield Slip(
            hit.start(), f"{hit[0]} closes nothing, and is shown as it stands", "leave it out"
        )


def unclosed(source: str, at: int, end: int) -> Slip:
    """A sign that is opened, and closed by half or not at all before the next one."""
    sign = source[at : at + 2]
    body = source[at + 2 : end].split("\n", maxsplit=1)[0]
    half = re.search(r"[%#]?\}|%", body)
    if half is None:
        return Slip(at, f"{sign} is opened here and never closed", f"close it with {CLOSING[sign]}")
    whole = f"{sign} {body[: half.start()].strip()} {CLOSING[sign]}"
    return Slip(at + 2 + half.start(), f"{sign} is closed by {CLOSING[sign]}, not by {half[0]}",
                f"write {whole}")  # fmt: skip


def inside(tag: Tag) -> Slip | None:
    """A sign within a tag that has no business there."""
    text = QUOTED.sub(lambda found: f" {'x' * (len(found[0]) - 2)} ", tag.body)
    for pattern, message, remedy in INSIDE:
        looked = QUOTED.sub(lambda found: f'"{" " * (len(found[0]) - 2)}', tag.body) if (
            pattern.startswith(r"\|\s*\w+")) else text  # fmt: skip
        shows = remedy.startswith(("one {{", "write the name"))
        if (tag.sign == "{{" or not shows) and (hit := re.search(pattern, looked)):
            return Slip(tag.at + 2 + hit.start(hit.lastindex or 0), message, remedy)
    return None


def misnamed(tag: Tag) -> Slip | None:
    """{{ if x }}, {% elseif x %}, {% else if x %}"""
    word = tag.word()
    at = tag.at + 2 + tag.body.find(word)
    if tag.sign == "{{":
        told = f"{word} stands between {{% and %}}"
        return Slip(at, told, f"write {{% {tag.body.strip()} %}}") if word in TAGS else None
    if word == "else" and re.match(r"-?\s*else\s+if\b", tag.body):
        return Slip(at, "else if is one word", "write elif")
    if word in TAGS or (word and word not in ELSEWHERE and near(word, TAGS) is None):
        return None
    meant = ELSEWHERE.get(word) or near(word, TAGS)
    return Slip(at, f"unknown tag {word}", f"write {meant}" if meant else None)


def blocks(tags: list[Tag]) -> Iterator[Slip]:
    """An if or a loop that is never ended, and an end or an else of none."""
    opened: list[Tag] = []
    for tag in tags:
        word, at = tag.word(), tag.at
        if tag.sign == "{{":
            continue
        if word in BLOCKS:
            opened.append(tag)
        elif word in TAGS and not opened:
            yield Slip(at, f"{{% {word} %}} belongs to no {{% if %}}", "begin with {% if name %}")
        elif word in BLOCKS.values():
            begun = opened.pop()
            if BLOCKS[begun.word()] != word:
                yield Slip(at, f"{{% {begun.word()} %}} is not ended by {{% {word} %}}",
                           f"write {{% {BLOCKS[begun.word()]} %}}")  # fmt: skip
    for tag in opened:
        ending = BLOCKS[tag.word()]
        yield Slip(tag.at, f"{{% {tag.word()} %}} is opened here and never ended",
                   f"end it with {{% {ending} %}}")  # fmt: skip
