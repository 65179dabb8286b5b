"""Where a plan's CPU time goes: the functions of each part are timed while it runs, each without
those inside it. It looks at the product from outside and changes nothing in it."""

import functools
import importlib
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

PARTS = (
    ("facts", "personalization.plan.session", "reduce"),
    ("load", "personalization.store.load", "load"),
    ("prepare", "personalization.decide.decide", "prepare"),
    ("traits", "personalization.decide.decide", "compute"),
    ("segments", "personalization.decide.decide", "compute_segments"),
    ("members", "personalization.decide.members", "before"),
    ("members", "personalization.decide.members", "rows"),
    ("choose", "personalization.decide.decide", "choose"),
    ("picks", "personalization.decide.slots", "picks"),
    ("render", "personalization.decide.decide", "show"),
    ("triggers", "personalization.decide.decide", "fire"),
    ("next looks", "personalization.decide.decide", "next_looks"),
    ("shadows", "personalization.store.shadows", "shadows"),
    ("diff", "personalization.plan.diff", "field_changes"),
    ("diff", "personalization.plan.diff", "tag_changes"),
    ("diff", "personalization.plan.diff", "planned"),
    ("diff", "personalization.plan.diff", "reached"),
    ("keep", "personalization.plan.step", "keep"),
    ("write outbox", "personalization.store.outbox", "add_rows"),
    ("write outbox", "personalization.store.outbox", "add_columns"),
    ("write decisions", "personalization.store.decisions", "add_decisions"),
    ("write members", "personalization.store.decisions", "add_memberships"),
    ("write arms", "personalization.store.decisions", "assign_arms"),
    ("write due", "personalization.store.decisions", "add_due"),
    ("commit", "personalization.store.connection", "commit"),
    ("count", "personalization.plan.step", "count"),
    ("report", "personalization.plan.run", "finish"),
    ("adopt sends", "personalization.store.outbox", "adopt_sends"),
    ("destination", "personalization.plan.run", "compare"),
    ("due", "personalization.plan.run", "fire_due"),
)


class Spent:
    """CPU seconds by part. Time inside a part within a part counts for the inner one."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stack: list[str] = ["rest"]
        self._since = time.process_time()

    def _book(self) -> None:
        now = time.process_time()
        self.seconds[self._stack[-1]] += now - self._since
        self._since = now

    @contextmanager
    def part(self, name: str) -> Any:
        """Books what happens inside under a name."""
        self._book()
        self._stack.append(name)
        try:
            yield
        finally:
            self._book()
            self._stack.pop()

    def watch(self) -> None:
        """Times every part from now on."""
        for name, module, function in PARTS:
            place = importlib.import_module(module)
            setattr(place, function, self._timed(name, getattr(place, function)))

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            with self.part(name):
                return function(*arguments, **named)

        return timed

    def table(self) -> dict[str, float]:
        """Seconds by part so far, the rest last."""
        self._book()
        rest = self.seconds.get("rest", 0.0)
        found = {name: one for name, one in self.seconds.items() if name != "rest"}
        return {**found, "rest": rest}
