"""The templates' language: Jinja2's immutable sandbox with strict undefined, and few filters.

NULL counts as undefined, because a `None` in a text is never what anyone meant: whatever reads
it fails, and the field shows its fallback.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from personalization.currency import written
from personalization.links import tracked

FILTERS = frozenset(
    [
        "abs",
        "capitalize",
        "d",
        "date",
        "default",
        "e",
        "escape",
        "int",
        "join",
        "length",
        "lower",
        "map",
        "money",
        "round",
        "title",
        "tracked",
        "trim",
        "truncate",
        "upper",
        "urlencode",
    ]
)
TESTS = frozenset(["defined", "undefined", "eq", "ne", "lt", "le", "gt", "ge", "in", "odd", "even"])
ADMITTED = frozenset(
    [
        "Add",
        "And",
        "CondExpr",
        "Compare",
        "Concat",
        "Const",
        "Filter",
        "For",
        "Getattr",
        "Getitem",
        "If",
        "Keyword",
        "List",
        "Name",
        "Neg",
        "Not",
        "Operand",
        "Or",
        "Output",
        "Slice",
        "Sub",
        "Template",
        "TemplateData",
        "Test",
        "Tuple",
    ]
)
"""The nodes that a template's tree may hold."""

KEEPING = frozenset(["d", "default", "e", "escape", "tracked", "trim", "urlencode"])
"""Filters that a link with a token survives."""

PICK_NAMES = ("id", "name", "category", "price", "currency", "url", "image")
LINK = "link"
"""A part of a product beside those that it has itself: its url, tracked."""
DECISION = "DECISION"
"""What compiled templates call the token of the slot's decision; no trait is called so."""
DATE_PARTS = frozenset("YymdHM")


class Strict(ImmutableSandboxedEnvironment):
    """The sandbox, in which a missing or NULL part of a product is undefined."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`pick.name`: a product's part; of anything else (such as `loop`), its attribute."""
        if isinstance(obj, Mapping):
            value = obj.get(attribute)
            return self.undefined(obj=obj, name=attribute) if value is None else value
        return super().getattr(obj, attribute)


def environment(currency: str | None, zone: str, html: bool) -> Environment:
    """The language for one playbook: its currency, its zone, and how values are escaped."""
    made = Strict(
        undefined=StrictUndefined, autoescape=html, cache_size=0, keep_trailing_newline=False
    )
    shop = ZoneInfo(zone)

    def money(amount: float, of: str | Undefined | None = None) -> str:
        return written(round(amount), currency if isinstance(of, Undefined) else of or currency)

    def day(value: int | str, form: str = "%Y-%m-%d") -> str:
        return dated(value, form, shop)

    def link(url: str, token: str | Undefined) -> str:
        return tracked(url, str(token))

    named = {name: rule for name, rule in made.filters.items() if name in FILTERS}
    made.filters = {**named, "money": money, "date": day, "tracked": link}
    made.tests = {name: rule for name, rule in made.tests.items() if name in TESTS}
    made.globals = {}
    return made


def dated(value: int | str, form: str, zone: ZoneInfo) -> str:
    """A date (ISO text) or a moment (UTC microseconds, shown in the shop's zone) by a form of
    %Y %y %m %d %H %M: digits only, so that it is right in every language."""
    when: datetime
    if isinstance(value, str):
        when = datetime.combine(date.fromisoformat(value), datetime.min.time())
    else:
        when = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)).astimezone(zone)
    parts = {
        "Y": f"{when.year:04d}", "y": f"{when.year % 100:02d}", "m": f"{when.month:02d}",
        "d": f"{when.day:02d}", "H": f"{when.hour:02d}", "M": f"{when.minute:02d}",
    }  # fmt: skip
    for letter, text in parts.items():
        form = form.replace(f"%{letter}", text)
    return form
