"""How things stand: plans, what is on its way, what is due, what was set aside."""

import json
from collections import Counter
from collections.abc import Sequence

from functions.actions.planning import unapplied
from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.errors import Stop
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
    """Everything a person may have to look after. `to_apply` are plans that wait to be applied, or
    whose apply ended early."""

    paused: bool
    watermark: Micros
    waiting: int
    due: int
    next_due: Micros | None
    plans: tuple[PlanStanding, ...]
    to_apply: tuple[str, ...]
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
        to_apply=unapplied(shop),
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
    """What could not be processed: where it came from, why, since when, how large it is, and
    whether it can be read again. Its text may be personal and stays in the store."""

    id: int
    place: str
    reason: str
    recorded_at: Micros
    age: Micros
    characters: int
    again: bool


def open_letters(shop: Shop) -> tuple[Letter, ...]:
    """The dead letters, oldest first."""
    now = shop.clock()
    return tuple(
        Letter(id=id_, place=place_of(reason), reason=why(reason), recorded_at=at,
               age=max(0, now - at), characters=len(body), again=readable_again(body))
        for id_, body, reason, at in shop.store.letters()
    )  # fmt: skip


def messages(shop: Shop) -> tuple[Letter, ...]:
    """Webhooks that a deployed shop's queue has set aside; none at home."""
    return tuple(shop.away.dead()) if shop.away else ()


def place_of(reason: str) -> str:
    """The "connector/account" that a reason begins with, or nothing."""
    place, colon, _ = reason.partition(":")
    return place.split(" ")[0] if colon and "/" in place.split(" ")[0] else ""


def why(reason: str) -> str:
    """A reason without the place that it begins with."""
    return reason.removeprefix(place_of(reason)).removeprefix(":").strip()


def replay(shop: Shop) -> int:
    """Puts every webhook among the dead letters back into the inbox, and takes it off the list:
    the next tick takes it in, or sets it aside anew. So go the messages of a deployed shop back into
    their queue. Returns how many. A row of a source is not among them: it is put right where it came
    from."""
    with shop.store.record(shop.clock()) as recorder:
        calls = [(id_, body, place_of(reason)) for id_, body, reason, _ in shop.store.letters()
                 if readable_again(body)]  # fmt: skip
        for _, body, place in calls:
            connector, _, account = place.partition("/")
            recorder.accept(connector or "unknown", account or "main", body)
        recorder.drop_dead(id_ for id_, _, _ in calls)
    return len(calls) + (shop.away.back() if shop.away else 0)


def drop(shop: Shop, ids: Sequence[int]) -> int:
    """Drops dead letters. Raises Stop, dropping none, where one of them is not there."""
    with shop.store.record(shop.clock()) as recorder:
        there = {id_ for id_, _, _, _ in shop.store.letters()}
        missing = sorted(set(ids) - there)
        if missing:
            raise Stop(f"there is no dead letter {', '.join(map(str, missing))}: "
                       "`ofone letters` lists them with their numbers")  # fmt: skip
        return recorder.drop_dead(ids)


def readable_again(body: str) -> bool:
    """Whether a letter came through the inbox whole, so that it can go there again: events, a
    call as it was kept, or what is no JSON. Single rows and parts of calls are objects."""
    try:
        said = json.loads(body)
    except ValueError:
        return True
    return not isinstance(said, dict) or set(said) == {"webhook"}
