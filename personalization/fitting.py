"""Where what is learnt from everyone is fitted: once a night, after the plans, from the facts that
the night decided with.

A fitter is plain code over facts: numbers that were reduced from the log (`facts.reduce`) go in,
one JSON value comes out, and stands under the fitter's name in the tables of a new facts version of
the same day. Decisions made from then on name that version, so that each can be replayed with what
was known when it was made. `FITTERS` is the list of them. There is none yet: the policy of today
(`decide/slots.POLICY`) reads popularity alone.

A fitter brings: a reduction in `facts.reduce` for what it reads, an entry here, and a policy with
a name of its own and the probability of every alternative. Facts of a new day begin without its
table, and `before` gives it the one of the day before, to begin from or to hand on.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from personalization.errors import Skip
from personalization.facts import Facts


class Fitter(Protocol):
    """Fits one table. It draws nothing and reads no clock: the same facts give the same value."""

    def __call__(self, facts: Facts, before: Any | None) -> Any:
        """The table's value, as JSON has it; floats only where no decision sums them. `before` is
        this fitter's value of the facts before, None where there was none. Raises Skip where there
        is too little to fit from, or where the fit does not beat its baseline: then no table."""


FITTERS: Mapping[str, Fitter] = {}
"""By the name of the table that each fits."""


class Fit(NamedTuple):
    """`facts` with the tables of `fitted`; `skipped` says why others are not there."""

    facts: Facts
    fitted: tuple[str, ...]
    skipped: Mapping[str, str]


def fit(facts: Facts, before: Facts | None, fitters: Mapping[str, Fitter] = FITTERS) -> Fit:
    """Facts with what every fitter makes of them; the same facts where there is nothing to add."""
    made: dict[str, Any] = {}
    skipped: dict[str, str] = {}
    for name in sorted(fitters):
        try:
            made[name] = fitters[name](facts, before.tables.get(name) if before else None)
        except Skip as reason:
            skipped[name] = str(reason)
    if made:
        facts = Facts.of(facts.as_of, facts.popularity, {**facts.tables, **made})
    return Fit(facts, tuple(made), skipped)
