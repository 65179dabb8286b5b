"""Failures of the real systems, chosen by seed and rate or by a script; the same seed and the same
sequence of calls give the same failures.

    429 500 403       an answer without body or content type; nothing was done
    429_retry_after   the same 429, with Retry-After
    silent            an answer that says OK; nothing was done
    slow              the answer comes `delay` seconds later
    lost_after        done, then the connection closes without an answer
    lost_before       the connection closes; nothing was done
    unsubscribe       just before the call, a person it concerns unsubscribes
    operation_error   one operation of a batch fails
    operation_silent  one operation of a batch says OK; nothing was done

HubSpot's own kinds, beside lost_before, lost_after, silent and slow:

    429               refused as too many calls, without Retry-After
    429_retry_after   the same, with Retry-After
    500               an answer without body or content type; nothing was done
    502               an HTML page of some proxy; nothing was done
    partial           one input of a batch of objects fails: 207, the others are written
    partial_silent    one input of a batch of objects is not written; the answer says it was
    opt_out           just before the call, a person it concerns opts out of every e-mail

A script is a list of rules {"kind", "nth": 1, "times": 1, "method", "path"}: of the calls with
that method whose path contains that text, the nth and the times-1 after it fail thus.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

CALL_KINDS = (
    *("429", "500", "403", "429_retry_after"),
    *("lost_before", "lost_after", "silent", "unsubscribe", "slow"),
)
OPERATION_KINDS = ("operation_error", "operation_silent")
HUBSPOT_KINDS = (
    *("429", "429_retry_after", "500", "502", "lost_before", "lost_after"),
    *("silent", "partial", "partial_silent", "opt_out", "slow"),
)
KINDS = CALL_KINDS + OPERATION_KINDS
WRITES_ONLY = frozenset({"silent"})


def fraction(seed: int, *parts: object) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    text = "\x1f".join(str(part) for part in (seed, *parts)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest()) / 2**64


@dataclass
class Rule:
    """One line of a script, with the number of calls that matched so far."""

    kind: str
    nth: int = 1
    times: int = 1
    method: str | None = None
    path: str = ""
    seen: int = 0

    def hits(self, method: str, path: str) -> bool:
        """Counts the call if it matches; whether this one is to fail."""
        if (self.method and self.method != method) or self.path not in path:
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


@dataclass
class Failures:
    """What will go wrong. `delay` in seconds; `polls` the range of steps that a batch takes."""

    seed: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    script: list[Rule] = field(default_factory=list)
    delay: float = 0.05
    polls: tuple[int, int] = (1, 3)
    count: int = 0

    def for_call(self, method: str, path: str, kinds: Sequence[str] = CALL_KINDS) -> str | None:
        """What goes wrong with this call, if anything."""
        return self._choose(kinds, method, path)

    def for_operation(self, method: str, path: str) -> str | None:
        """What goes wrong with this operation of a batch, if anything."""
        return self._choose(OPERATION_KINDS, method, path)

    def _choose(self, kinds: Sequence[str], method: str, path: str) -> str | None:
        self.count += 1
        # Every rule looks at every call, so that one rule's hit never shifts another's count.
        hit = [rule.kind for rule in self.script if rule.kind in kinds and rule.hits(method, path)]
        if hit:
            return hit[0]
        for kind in kinds:
            if kind in WRITES_ONLY and method == "GET":
                continue
            if fraction(self.seed, kind, self.count) < self.rates.get(kind, 0.0):
                return kind
        return None


def parse(settings: Mapping[str, Any], kinds: Sequence[str] = KINDS) -> Failures:
    """Failures from the control call's JSON: seed, rates, script, delay, polls.
    Raises ValueError for a kind that is not among `kinds`."""
    rules = [Rule(**rule) for rule in settings.get("script", ())]
    rates = {str(kind): float(rate) for kind, rate in settings.get("rates", {}).items()}
    for kind in [*rates, *(rule.kind for rule in rules)]:
        if kind not in kinds:
            raise ValueError(f"no such failure: {kind}; there are {', '.join(kinds)}")
    low, high = settings.get("polls", (1, 3))
    return Failures(
        seed=int(settings.get("seed", 0)),
        rates=rates,
        script=rules,
        delay=float(settings.get("delay", 0.05)),
        polls=(int(low), int(high)),
    )
