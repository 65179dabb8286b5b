"""Amounts in currencies that no rate converts: they stop every plan until somebody acts."""

from collections import Counter
from collections.abc import Iterator, Sequence

from personalization.connector import Finding
from personalization.engine import literal
from personalization.facts import CURRENCIES, GROUP, Facts, day_of
from personalization.models import Micros
from personalization.plan.session import EngineFactory
from personalization.playbook.model import Playbook
from personalization.store.protocol import Scope, Store
from personalization.traits.money import unrated
from personalization.traits.needs import needs

FEW = 3
"""Groups of events that are always looked through; in larger logs the day's facts, which know all
amounts but those that came since, say whether that is worth it."""
REMEDY = (
    "declare a rate for each in playbook.yaml. Where one is a typing mistake, put the row right at its "
    "source, its occurred_at a second later, and pull: of two events with one key the later stands"
)


def currencies(
    store: Store, make_engine: EngineFactory, playbook: Playbook, now: Micros
) -> Iterator[Finding]:
    """Whether all amounts that the playbook asks for can be put into one currency."""
    kinds = needs(playbook).money
    if not kinds:
        return
    groups, known = store.groups(GROUP), named(store, kinds, now)
    if len(groups) > FEW and known is not None and not unrated(known, playbook):
        return
    found = counted(store, make_engine, kinds, groups)
    lacking = unrated(sorted(found), playbook)
    if lacking:
        many = ", ".join(f"{found[name]:,} in {name}" for name in lacking)
        yield Finding(about="currencies", level="wrong", remedy=REMEDY,
                      said=f"events hold amounts without a rate ({many}): no plan can be made")  # fmt: skip


def named(store: Store, kinds: Sequence[str], now: Micros) -> list[str] | None:
    """The currencies that today's facts name for these kinds; None where there are no facts."""
    version = store.facts_as_of(day_of(now))
    text = store.facts(version) if version else None
    if text is None:
        return None
    held = Facts.from_json(text).tables.get(CURRENCIES, {})
    return sorted({str(code) for kind in kinds for code in held.get(kind, ())})


def counted(
    store: Store, make_engine: EngineFactory, kinds: Sequence[str], groups: Sequence[Scope]
) -> Counter[str]:
    """How many events of these kinds there are, by currency."""
    found: Counter[str] = Counter()
    chosen = ", ".join(literal(kind) for kind in kinds)
    with make_engine() as engine:
        for scope in groups:
            store.load_log(engine, scope)
            for currency, events in engine.rows(
                "SELECT currency, COUNT(*) FROM events SEMI JOIN contacts ON id = contact "
                f"WHERE currency IS NOT NULL AND kind IN ({chosen}) GROUP BY currency"
            ):
                found[str(currency)] += int(str(events))
    return found
