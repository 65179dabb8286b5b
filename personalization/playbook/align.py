"""Where each character of a YAML string stands in its file, for every way of writing one."""

LONG_ESCAPES = {"x": 4, "u": 6, "U": 10}


def positions(text: str, start: int, end: int, style: str | None, value: str) -> list[int]:
    """The index in `text` of every character of `value`, and one more for its end.

    `start` and `end` bound the scalar as the parser gave them. Works by walking both at once:
    what YAML dropped (indentation, folded line breaks, quotes, escapes) is skipped.
    """
    if style in ("|", ">"):
        return block(text, text.find("\n", start) + 1, value)
    return flow(text, start + 1 if style else start, end, style, value)


def flow(text: str, at: int, end: int, style: str | None, value: str) -> list[int]:
    """Plain and quoted scalars: a line break with what surrounds it stands for one space, or for
    as many line breaks as there were empty lines."""
    found: list[int] = []
    for sign in value:
        if sign in " \n" and at < end and breaks(text, at, end):
            found.append(at)
            rest = at + len(text[at:end]) - len(text[at:end].lstrip(" \t\r\n"))
            at = at + 1 if sign == "\n" and text[at + 1 : rest].count("\n") > 1 else rest
            continue
        found.append(at)
        at += width(text, at, style)
    return [*found, at]


def breaks(text: str, at: int, end: int) -> bool:
    """Whether only spaces stand before the next line break."""
    line = text.find("\n", at, end)
    return line >= 0 and not text[at:line].strip(" \t\r")


def width(text: str, at: int, style: str | None) -> int:
    """How many characters of the file stand for one of the value."""
    if style == "'" and text.startswith("''", at):
        return 2
    if style == '"' and text.startswith("\\", at):
        return LONG_ESCAPES.get(text[at + 1 : at + 2], 2)
    return 1


def block(text: str, at: int, value: str) -> list[int]:
    """Literal and folded block scalars: every line is indented as the first one with text is."""
    first = next((line for line in text[at:].split("\n") if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    found: list[int] = []
    fresh = True
    for sign in value:
        if fresh:
            at = skip(text, at, indent, sign)
            fresh = False
        found.append(at)
        if text.startswith("\r\n", at):
            at += 1
        fresh = text.startswith("\n", at)
        at += 1
    return [*found, at]


def skip(text: str, at: int, indent: int, sign: str) -> int:
    """The place of a line's first character after its indentation."""
    spaces = 0
    while spaces < indent and text.startswith(" ", at):
        at, spaces = at + 1, spaces + 1
    while sign != "\n" and text.startswith("\n", at):  # folded: the empty lines are gone
        at = skip(text, at + 1, indent, sign)
    return at
