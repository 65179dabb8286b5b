"""The rules for what joins pieces of an expression: logic, comparison, arithmetic, functions."""

from collections.abc import Sequence
from decimal import Decimal

from sqlglot import exp

from personalization.playbook import typed
from personalization.playbook.parsing import start
from personalization.playbook.typed import NUMERIC, WORDS, Typed, WrongType
from personalization.playbook.walk import Checker, Rule

COMPARISONS: dict[type[exp.Expression], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
SIGNS: dict[type[exp.Expression], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}


def unknown(*pieces: Typed) -> bool:
    """Whether a piece is of no type, because a mistake in it is noted already."""
    return any(piece.kind is None for piece in pieces)


def boolean(piece: Typed, word: str) -> Typed:
    """A piece that must be true or false."""
    if piece.kind not in (None, "boolean"):
        assert piece.kind is not None
        raise WrongType(
            piece.at, f"{word} joins what is true or false, and this is {WORDS[piece.kind]}",
            "compare it with something, for example > 0",
        )  # fmt: skip
    return piece


def logic(checker: Checker, node: exp.Expression) -> Typed:
    """Types a and b, a or b."""
    word = "and" if isinstance(node, exp.And) else "or"
    left, right = (boolean(piece, word) for piece in checker.pieces((node.this, node.expression)))
    if unknown(left, right):
        return Typed(None, "", left.at)
    return Typed("boolean", f"({left.sql} {word.upper()} {right.sql})", left.at)


def negation(checker: Checker, node: exp.Expression) -> Typed:
    """Types not a; also x not in (...) and x is not null."""
    piece = boolean(checker.piece(node.this), "not")
    return Typed(piece.kind, f"(NOT {piece.sql})", piece.at)


def comparison(checker: Checker, node: exp.Expression) -> Typed:
    """Types a < b and its kin."""
    sign = COMPARISONS[type(node)]
    left, right = checker.pieces((node.this, node.expression))
    if unknown(left, right):
        return Typed(None, "", left.at)
    if isinstance(node.this, tuple(COMPARISONS)) and right.kind != "boolean":
        raise WrongType(start(node), "two comparisons in a row", "write 2 < a and a < 5")
    left, right = typed.comparable(left, right, checker.digits, sign in ("=", "<>"))
    return Typed("boolean", f"({left.sql} {sign} {right.sql})", left.at)


def between(checker: Checker, node: exp.Expression) -> Typed:
    """Types a between b and c, both ends included."""
    middle, low, high = checker.pieces((node.this, node.args["low"], node.args["high"]))
    if unknown(middle, low, high):
        return Typed(None, "", middle.at)
    one, low = typed.comparable(middle, low, checker.digits, False)
    two, high = typed.comparable(middle, high, checker.digits, False)
    return Typed("boolean", f"({one.sql} >= {low.sql} AND {two.sql} <= {high.sql})", middle.at)


def membership(checker: Checker, node: exp.Expression) -> Typed:
    """Types a in (1, 2, 3)."""
    inner = node.args.get("query") or node.args.get("unnest") or node.args.get("field")
    if inner is not None or not node.expressions:
        raise WrongType(start(node), "in takes a list of written values", "write: in (1, 2, 3)")
    left = checker.piece(node.this)
    values = checker.pieces(node.expressions)
    if unknown(left, *values):
        return Typed(None, "", left.at)
    for value in values:
        if value.literal is None:
            raise WrongType(value.at, "in takes written values only", "write = and or instead")
    fitting = [typed.comparable(left, value, checker.digits, True)[1].sql for value in values]
    return Typed("boolean", f"({left.sql} IN ({', '.join(fitting)}))", left.at)


def absence(checker: Checker, node: exp.Expression) -> Typed:
    """Types a is null."""
    if not isinstance(node.expression, exp.Null):
        true_or_false = isinstance(node.expression, exp.Boolean)
        raise WrongType(start(node), "is goes with null only", "write the name alone, or not name"
                        if true_or_false else "write = or <>")  # fmt: skip
    piece = checker.piece(node.this)
    return Typed(None if unknown(piece) else "boolean", f"({piece.sql} IS NULL)", piece.at)


def likeness(checker: Checker, node: exp.Expression) -> Typed:
    """Types a like 'b%'; capitals count."""
    left, right = checker.pieces((node.this, node.expression))
    if unknown(left, right):
        return Typed(None, "", left.at)
    if left.kind != "text" or left.literal is not None:
        raise WrongType(left.at, "like compares text, and this is not text by name")
    if not isinstance(right.literal, str):
        raise WrongType(right.at, "like takes a written pattern", "write: like 'abc%'")
    word = "NOT LIKE" if node.args.get("negate") else "LIKE"
    return Typed("boolean", f"({left.sql} {word} {right.sql})", left.at)


def arithmetic(checker: Checker, node: exp.Expression) -> Typed:
    """Types a + b, a - b, a * b, a / b; a / 0 is NULL."""
    left, right = checker.pieces((node.this, node.expression))
    return typed.arithmetic(SIGNS[type(node)], left, right, checker.digits)


def minus(checker: Checker, node: exp.Expression) -> Typed:
    """Types -a."""
    piece = checker.piece(node.this)
    zero = Typed(piece.kind if piece.kind == "money" else "integer", "0", piece.at)
    if piece.literal is not None:
        zero = typed.literal(Decimal(0), piece.at)
    return typed.arithmetic("-", zero, piece, checker.digits)


def function(checker: Checker, node: exp.Expression) -> Typed:
    """Types lower, upper, length and abs of a."""
    piece = checker.piece(node.this)
    word, at = type(node).__name__.upper(), start(node)
    if unknown(piece):
        return piece
    if word == "ABS":
        if piece.kind not in NUMERIC:
            raise WrongType(piece.at, "abs takes a number")
        return Typed(piece.kind, f"ABS({typed.double(piece)})", at)
    if piece.kind != "text":
        assert piece.kind is not None
        raise WrongType(piece.at, f"{word.lower()} takes text, and this is {WORDS[piece.kind]}")
    return Typed("integer" if word == "LENGTH" else "text", f"{word}({piece.sql})", at)


def coalesce(checker: Checker, node: exp.Expression) -> Typed:
    """Types the first of several that is not null."""
    pieces = checker.pieces((node.this, *node.expressions))
    if unknown(*pieces):
        return Typed(None, "", start(node))
    first = next((piece for piece in pieces if piece.literal is None), pieces[0])
    fitting = [typed.fitted(piece, first, checker.digits) for piece in pieces]
    check_same(fitting, first)
    kind = first.kind
    inner = ", ".join(piece.sql for piece in fitting)
    return Typed(kind, f"COALESCE({inner})", start(node))


def check_same(pieces: Sequence[Typed], first: Typed) -> None:
    """All alternatives of one coalesce are of one type."""
    for piece in pieces:
        if piece.kind != first.kind:
            assert piece.kind is not None
            assert first.kind is not None
            raise WrongType(piece.at, f"this is {WORDS[piece.kind]}, the first is "
                                      f"{WORDS[first.kind]}")  # fmt: skip


RULES: dict[type[exp.Expression], Rule] = {
    exp.And: logic,
    exp.Or: logic,
    exp.Not: negation,
    exp.Between: between,
    exp.In: membership,
    exp.Is: absence,
    exp.Like: likeness,
    exp.Neg: minus,
    exp.Abs: function,
    exp.Lower: function,
    exp.Upper: function,
    exp.Length: function,
    exp.Coalesce: coalesce,
    **dict.fromkeys(COMPARISONS, comparison),
    **dict.fromkeys(SIGNS, arithmetic),
}
"""What joins pieces; `walk.RULES` has the rest."""
