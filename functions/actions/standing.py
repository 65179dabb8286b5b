"""How things stand: plans, what is on its way, what is due, what was set aside."""

import json
from collections import Counter

from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.models import Frozen, Micros

FAR = 1 << 62
MOST_DUE = 100_000


class PlanStanding(Frozen):
    """A plan, its state, when it last changed, and its rows by kind and state."""

    plan: str
    state: str
    changed_at: Micros
    rows: dict[str, dict[str, int]]


class Standing(Frozen):
    """Everything a person may have to look after."""

    paused: bool
    watermark: Micros
    waiting: int
    due: int
    next_due: Micros | None
    plans: tuple[PlanStanding, ...]
    uncertain: tuple[str, ...]
    dead: int
    settled: int


def standing(shop: Shop, plans: int = 10, tell: Tell = silent) -> Standing:
    """The shop's state as of now; of its plans the newest ones."""
    store = shop.store
    known = store.plans()
    rest = store.due(FAR, 1)
    tell("counting", 0, None)
    return Standing(
        paused=store.setting("paused") == "yes", watermark=store.watermark(),
        waiting=len(store.waiting(MOST_DUE)), due=len(store.due(shop.clock(), MOST_DUE)),
        next_due=rest[0][0] if rest else None,
        plans=tuple(
            PlanStanding(plan=name, state=state, changed_at=at, rows=rows_of(shop, name))
            for name, state, at in known[-plans:]
        ),
        uncertain=tuple(row.key or str(row.id) for row in store.outbox(states=("uncertain",))),
        dead=len(open_letters(shop)),
        settled=sum(1 for _, state, _ in known if state in ("applied", "superseded")),
    )  # fmt: skip


def rows_of(shop: Shop, plan: str) -> dict[str, dict[str, int]]:
    """A plan's rows by kind, then by state."""
    found: dict[str, Counter[str]] = {}
    for (kind, state, _, _), number in shop.store.outbox_counts(plan).items():
        found.setdefault(kind, Counter())[state] += number
    return {kind: dict(states) for kind, states in sorted(found.items())}


class Letter(Frozen):
    """What could not be processed: why, when, and how large it is. Its text may be personal and
    stays in the store."""

    reason: str
    recorded_at: Micros
    characters: int


RETRIED = "dead letters retried"
"""The setting that holds the moment up to which letters were tried again."""


def open_letters(shop: Shop) -> tuple[Letter, ...]:
    """The dead letters that were not tried again since."""
    return tuple(
        Letter(reason=reason, recorded_at=at, characters=len(body))
        for body, reason, at in shop.store.dead_letters()
        if at > retried(shop)
    )


def retried(shop: Shop) -> Micros:
    """Up to when dead letters were tried again."""
    return int(shop.store.setting(RETRIED) or 0)


def retry(shop: Shop) -> int:
    """Puts the webhooks among the open dead letters into the inbox again; the next tick takes
    them in, or sets them aside anew. Returns how many. A row of a file is not among them: it is
    put right in the file."""
    store, since = shop.store, retried(shop)
    letters = [(body, reason) for body, reason, at in store.dead_letters() if at > since]
    webhooks = [(body, reason) for body, reason in letters if is_webhook(body)]
    with store.record(shop.clock()) as recorder:
        for body, reason in webhooks:
            connector, _, account = reason.split(":", 1)[0].partition("/")
            recorder.accept(connector, account or "main", body)
        recorder.setting(RETRIED, str(store.watermark()))
    return len(webhooks)


def is_webhook(body: str) -> bool:
    """Whether a letter came through the inbox. A row that a file's reader set aside names it."""
    try:
        said = json.loads(body)
    except ValueError:
        return True
    return not (isinstance(said, dict) and set(said) == {"file", "row"})
