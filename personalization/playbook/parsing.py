"""An expression as a syntax tree, or what is wrong with its spelling and where."""

import re
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from personalization.playbook import habits
from personalization.playbook.mistakes import Notes
from personalization.playbook.source import Text

MOST_CHARACTERS = 4000


def parsed(text: Text, notes: Notes) -> exp.Expression | None:
    """The syntax tree of one expression, or None with what is wrong noted."""
    if len(text.value) > MOST_CHARACTERS:
        notes.add(text.mistake(f"an expression has at most {MOST_CHARACTERS} characters"))
        return None
    try:
        tokens = sqlglot.tokenize(text.value, read="duckdb")
        if (stray := hidden(tokens, text.value)) is not None:
            notes.add(text.inside(*stray))
            return None
        if slip := habits.signs(text.value):
            notes.add(text.inside(slip.at, slip.message, None, slip.remedy))
            return None
        trees = sqlglot.parse(text.value, read="duckdb")
    except ParseError as error:
        slip = habits.words(text.value) or habits.Slip(*syntax(error, text.value))
        notes.add(text.inside(slip.at, slip.message, None, slip.remedy))
        return None
    except TokenError:
        notes.add(text.inside(unclosed(text.value), "a quote is opened here and never closed"))
        return None
    except RecursionError:
        notes.add(text.mistake("this expression is nested too deeply"))
        return None
    if not trees or trees[0] is None:
        notes.add(text.mistake("an expression is missing"))
        return None
    return cast(exp.Expression, trees[0])


def hidden(tokens: list[Token], value: str) -> tuple[int, str] | None:
    """A comment or a semicolon, which an expression has no use for."""
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            return token.start, "an expression is one expression: no ;"
        if token.comments:
            return comment(value), "an expression holds no comments: YAML has # for them"
    if not tokens and value.strip():
        return comment(value), "an expression holds no comments: YAML has # for them"
    return None


def comment(value: str) -> int:
    """Where the first comment outside of quotes begins."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", lambda found: " " * len(found[0]), value)
    places = [place for sign in ("--", "/*", "#") if (place := bare.find(sign)) >= 0]
    return min(places, default=0)


def unclosed(value: str) -> int:
    """Where the quote begins that is never closed."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", lambda found: " " * len(found[0]), value)
    places = [place for sign in "'\"/$" if (place := bare.find(sign)) >= 0]
    return min(places, default=0)


def syntax(error: ParseError, value: str) -> tuple[int, str]:
    """The place and the reason of a syntax error."""
    first = error.errors[0]
    wrong = str(first.get("highlight") or "")
    lines = value.split("\n")[: int(first.get("line") or 1) - 1]
    at = sum(len(line) + 1 for line in lines) + int(first.get("col") or 1) - len(wrong)
    if "missing for" in str(first.get("description")):
        return at, f"something is missing after {wrong or 'this'}"
    return at, f"this is not an expression: {wrong or value} is out of place"


def start(node: exp.Expression) -> int:
    """Where a node begins: the first place known of it or of anything below it."""
    places = (below.meta["start"] for below in node.walk() if "start" in below.meta)
    return min(places, default=0)
