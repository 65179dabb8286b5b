"""Amounts in the account's currency: integers times declared rates, rounded half up."""

from collections.abc import Mapping, Sequence

from personalization.engine import Engine, literal
from personalization.errors import Stop
from personalization.playbook.model import Playbook

MILLION = 1_000_000
LOOK = "`ofone doctor` says how many events these are, and what to do about a typing mistake."


def converted(amount: str, currency: str, playbook: Playbook) -> str:
    """SQL for an amount in the account currency; half a unit rounds away from zero, so that a
    refund takes back exactly its order. Whole millions apart, so that nothing overflows."""
    cases = "".join(
        f" WHEN {literal(name)} THEN CASE WHEN {amount} < 0"
        f" THEN -({rounded(f'(-{amount})', rate)}) ELSE {rounded(amount, rate)} END"
        for name, rate in sorted(playbook.rates.items())
        if name != playbook.currency
    )
    if playbook.currency is None or not cases:
        return amount
    return f"CASE {currency}{cases} ELSE {amount} END"


def rounded(amount: str, rate: int) -> str:
    """SQL for amount * rate / 10**6 of an amount that is not negative."""
    whole, rest = f"({amount} // {MILLION})", f"({amount} % {MILLION})"
    return f"{whole} * {rate} + ({rest} * {rate} + {MILLION // 2}) // {MILLION}"


def currency_column(playbook: Playbook) -> str:
    """SQL for what `ev` keeps of the log's row `e` to check and convert its amounts by: the
    currency, or, where only one is declared, just another one than that."""
    if playbook.currency is None or playbook.rates:
        return "e.currency"
    return f"CASE WHEN e.currency <> {literal(playbook.currency)} THEN e.currency END"


def check_currencies(
    engine: Engine, playbook: Playbook, kinds: tuple[str, ...], known: Mapping[str, Sequence[str]]
) -> None:
    """Raises Stop where the amounts of everyone cannot be put into one currency: those that the
    facts know of (`known`, by kind), and those of table `ev`. So it does not depend on who is
    decided together; only money that came after the day's facts stops its own contacts first."""
    if not kinds:
        return
    chosen = ", ".join(literal(kind) for kind in kinds)
    rows = engine.rows(
        f"SELECT DISTINCT money FROM ev WHERE kind IN ({chosen}) AND money IS NOT NULL"
    )
    found = sorted({str(currency) for (currency,) in rows}.union(
        *(known.get(kind, ()) for kind in kinds)))  # fmt: skip
    unknown = unrated(found, playbook)
    if unknown and playbook.currency is None:
        raise Stop(
            f"The events hold amounts in several currencies ({', '.join(found)}). Declare the "
            f"account's currency, and a rate for each of the others, in playbook.yaml. {LOOK}"
        )
    if unknown:
        raise Stop(
            f"The events hold amounts in {', '.join(unknown)}, but the account's currency is "
            f"{playbook.currency}. Declare a rate for {', '.join(unknown)} in playbook.yaml. {LOOK}"
        )


def unrated(found: Sequence[str], playbook: Playbook) -> list[str]:
    """The currencies that cannot be put into the account's: those without a rate; all, where
    there are several and the account declares none."""
    if playbook.currency is None:
        return list(found) if len(found) > 1 else []
    return [name for name in found if name != playbook.currency and name not in playbook.rates]
