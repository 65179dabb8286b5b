"""Sequences through the transition function of apply, `judge`, and nothing else of the product but
`fold`, which says what a person agreed to. One person, two audiences and a shop, in memory.

A sequence is a truth (what people did) and a knowledge (what the last pulls showed). Rows are
planned from the knowledge and judged with it; the oracle holds every permit against what is known,
by sets written down here and not by the product's.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

from personalization.apply.judge import Already, judge
from personalization.apply.standing import NOBODY, Known
from personalization.consent import Permit, Standing
from personalization.fold import Said, fold
from personalization.models import CONSENT, OutboxRow

SUBSCRIBED, GONE = "subscribed", "gone"
LEFT = frozenset({"unsubscribed", "cleaned", "archived"})
STATUSES = (SUBSCRIBED, SUBSCRIBED, "unsubscribed", "cleaned", "archived", "pending",
            "transactional", GONE)  # fmt: skip
MAY_BE_WRITTEN = frozenset({SUBSCRIBED, "pending", "transactional"})
VALUES = ("", "one", "two", "edited")


def rows() -> tuple[OutboxRow, ...]:
    """Every kind of row that a plan may hold for a person, made once: rows are only read."""
    made = []
    for old in VALUES[:3]:
        made += [("fields", {"HERO": old}, {"HERO": new}) for new in VALUES[:3] if new != old]
    for on in (True, False):
        made.append(("tags", {"Regulars": not on}, {"Regulars": on}))
    for basis in ("marketing", "transactional"):
        made.append(("send", {}, {"event": "e", "channel": "email", "basis": basis}))
    return tuple(
        OutboxRow(id=number, plan="p", destination="d", account="a", contact="c", kind=kind,
                  old=old, new=new, key=f"k{number}" if kind == "send" else None)
        for number, (kind, old, new) in enumerate(made)
    )  # fmt: skip


ROWS = rows()


@dataclass(slots=True)
class Person:
    """The truth about a person in two audiences, and what is known of it. `said` is the log of
    consent; `agreed` is the oracle's own table of the same: the last word of each place."""

    status: list[str] = field(default_factory=lambda: [GONE, GONE])
    value: str = ""
    tagged: bool = False
    known: Known = NOBODY
    seen: str = GONE
    erased: bool = False
    said: list[Said] = field(default_factory=list)
    agreed: dict[str, str] = field(default_factory=dict)
    waiting: list[OutboxRow] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)


def sequence(seed: int, found: Counter[str]) -> list[str]:
    """One sequence; what it broke."""
    chance = random.Random(seed)
    one, broken = Person(), list[str]()
    if chance.random() < 0.6:
        # Most people are there, are known and have agreed: else most rows would be refused.
        one.status[0] = SUBSCRIBED
        agree(one, "shop/main", "in", -2, fresh=True)
        pull(one, -1, other=False)
    for now in range(chance.randint(6, 18)):
        act = chance.random()
        if act < 0.30:
            one.status[chance.random() < 0.4] = chance.choice(STATUSES)
        elif act < 0.36:
            one.value = chance.choice(VALUES)
        elif act < 0.52:
            pull(one, now, chance.random() < 0.3)
        elif act < 0.62:
            agree(one, "shop/main", chance.choice(("in", "in", "out")), now, fresh=True)
        elif act < 0.64:
            forget(one)
        elif act < 0.82:
            one.waiting += chance.sample(ROWS, chance.randint(1, 4))
        else:
            broken += apply(one, chance, found)
    broken += apply(one, chance, found)
    found["acts"] += now + 2
    return broken


def agree(one: Person, by: str, state: str, now: int, fresh: bool) -> None:
    """A word about consent. After an erasure only a fresh opt-in is heard."""
    if one.erased:
        if not (fresh and state == "in"):
            return
        one.erased = False
    props = {"by": by, "channel": "email", "purpose": "marketing", "state": state}
    one.said.append(Said(now, f"{by}|{now}|{state}", 0, CONSENT, props))
    one.agreed[by] = state


def pull(one: Person, now: int, other: bool) -> None:
    """What a pull shows becomes known: of the other audience only what it says of consent."""
    status = one.status[other]
    by = f"mailchimp/{'other' if other else 'main'}"
    state = "out" if status in LEFT else "in" if status == SUBSCRIBED else None
    if state:
        agree(one, by, state, now, fresh=False)
    if other:
        return
    one.seen = GONE if one.erased else status
    tags = frozenset({"Regulars"}) if one.tagged else frozenset[str]()
    there = None if one.seen == GONE else "id"
    one.known = Known(Standing(one.seen, there, None, one.erased), {"HERO": one.value}, tags)


def forget(one: Person) -> None:
    """An erasure takes the log, the consent and the shadow with it, but no row that waits in
    memory: that such a row comes to nothing is the rule's to say."""
    one.erased = True
    one.said.clear()
    one.agreed.clear()


def apply(one: Person, chance: random.Random, found: Counter[str]) -> list[str]:
    """Judges what waits and writes what is permitted; what that breaks."""
    told = fold(one.said).consent
    shadow = one.known
    standing = Standing(shadow.standing.status, shadow.standing.outside_id, None, one.erased, told)
    known = Known(standing, shadow.values, shadow.tags)
    broken, keep = [], chance.random() < 0.5
    for row in one.waiting:
        if row.key in one.sent:
            continue
        verdict = judge(row, known, keep)
        if isinstance(verdict, Permit):
            found[f"{row.kind} permitted"] += 1
            broken += wrong(one, row, keep)
            carry_out(one, row)
        else:
            found["already so" if isinstance(verdict, Already) else verdict.reason] += 1
            broken += withheld(one, row, verdict)
    one.waiting.clear()
    return broken


def carry_out(one: Person, row: OutboxRow) -> None:
    """What a destination does: nothing where the person is gone by now, and it creates nobody."""
    if row.key:
        one.sent.add(row.key)
    if one.status[0] == GONE:
        return
    if row.kind == "fields":
        one.value = row.new["HERO"]
    elif row.kind == "tags":
        one.tagged = row.new["Regulars"]


def wrong(one: Person, row: OutboxRow, keep: bool) -> list[str]:
    """What a permit breaks, by what is known."""
    if one.erased:
        return [f"{row.kind} for somebody erased"]
    if one.seen not in MAY_BE_WRITTEN:
        return [f"{row.kind} to somebody {one.seen}"]
    if row.kind == "send" and row.new["basis"] == "marketing":
        words = set(one.agreed.values())
        if "out" in words or "in" not in words or one.seen != SUBSCRIBED:
            return [f"a send to somebody {one.seen} who said {sorted(words)}"]
    if keep and row.kind == "fields":
        shown = one.known.values.get("HERO", "")
        if shown not in (row.old["HERO"], row.new["HERO"]):
            return ["a value that somebody else wrote is overwritten"]
    return []


def withheld(one: Person, row: OutboxRow, verdict: object) -> list[str]:
    """A rule that permits nothing would break no promise above, so refusals are held too."""
    free = not one.erased and one.seen == SUBSCRIBED
    words = set(one.agreed.values())
    if free and row.kind == "send" and words == {"in"}:
        return [f"a send is withheld from somebody willing: {verdict}"]
    if free and row.kind == "tags" and not isinstance(verdict, Already):
        return [f"a tag is withheld from somebody subscribed: {verdict}"]
    return []


def share(seeds: range) -> tuple[Counter[str], list[str]]:
    """A worker's share of the seeds."""
    found: Counter[str] = Counter()
    broken = [f"seed {seed}: {each}" for seed in seeds for each in sequence(seed, found)]
    return found, broken
