"""The action "Personalize", called by a workflow for one contact at a time: what was chosen for
them, now if it is at hand, else a moment later by a callback that outlives this process.
"""

import json
from dataclasses import dataclass, field

from connectors.shared.signatures import Refused
from functions.door.answers import TOO_LARGE, UNAUTHORISED, Answer, told
from functions.door.deciding import Counter, find, ready, show
from functions.door.flows import Asked, Flow, Outputs
from functions.door.telling import Line, Say
from personalization.connector import Request
from personalization.errors import ProductError, Skip
from personalization.models import Micros

MOST_KEPT = 10_000


@dataclass
class Acting:
    """One action at one place ("hubspot/main"). `given` are the answers by callback, so that a
    call that comes again is answered the same; `patience` is how many seconds a call waits for the
    engine before it answers that the outputs follow."""

    place: str
    flow: Flow
    counter: Counter
    say: Say
    given: dict[str, Outputs] = field(default_factory=dict)
    patience: float = 8.0


def act(acting: Acting, request: Request) -> Answer:
    """Answers one execution."""
    try:
        acting.flow.verify(request)
    except Skip as refused:
        reason = refused.reason if isinstance(refused, Refused) else "refused"
        note(acting, request.received_at, f"refused: {reason}")
        return TOO_LARGE if reason == "too large" else UNAUTHORISED
    try:
        asked = acting.flow.parse(request)
    except Skip as problem:
        note(acting, request.received_at, f"no answer: {problem}")
        return told(*acting.flow.fail(str(problem)))
    return answered(acting, asked, request.received_at)


def answered(acting: Acting, asked: Asked, now: Micros) -> Answer:
    """The answer to what was asked."""
    if (before := acting.given.get(asked.callback)) is not None:
        return told(*acting.flow.answer(before))
    if not ready(acting.counter, now, acting.patience):
        lay_by(acting, asked, now)
        note(acting, now, "will be answered")
        return told(*acting.flow.wait())
    outputs = outputs_of(acting, asked.alias, asked.slot)
    note(acting, now, "no answer" if outputs is None else "answered")
    if outputs is None:
        return told(*acting.flow.fail("the contact or the slot is not known"))
    remember(acting, asked.callback, outputs)
    return told(*acting.flow.answer(outputs))


def outputs_of(acting: Acting, alias: str, slot: str) -> Outputs | None:
    """What was chosen for a contact in a slot; None where either is not known."""
    contact = find(acting.counter.shop.store, alias)
    shown = show(acting.counter, contact) if contact else None
    if shown is None or slot not in shown["slots"]:
        return None
    chosen = shown["slots"][slot]
    picks = chosen["picks"]
    return {
        "message": chosen["message"] or "",
        "stage": shown["stage"] or "",
        "product": str(picks[0]["name"]) if picks else "",
        "personal": "yes" if chosen["message"] else "no",
    }


def remember(acting: Acting, callback: str, outputs: Outputs) -> None:
    """Keeps an answer for the call's repetition."""
    if len(acting.given) >= MOST_KEPT:
        acting.given.clear()
    acting.given[callback] = outputs


def name_of(acting: Acting) -> str:
    """The setting that holds what is still to be answered: {callback: [alias, slot]}."""
    return f"door answers {acting.place}"


def lay_by(acting: Acting, asked: Asked, now: Micros) -> None:
    """Makes a question durable that is answered later."""
    store = acting.counter.shop.store
    with store.record(now) as recorder:
        open_ = json.loads(store.setting(name_of(acting)) or "{}")
        open_[asked.callback] = [asked.alias, asked.slot]
        recorder.setting(name_of(acting), json.dumps(open_))


def answer_late(acting: Acting, now: Micros) -> int:
    """Answers what was laid by; returns how many. Killed after an answer, it is given again, which
    the outside system takes once. Raises what the call raises: the rest is answered next time."""
    store, done = acting.counter.shop.store, 0
    for callback, (alias, slot) in json.loads(store.setting(name_of(acting)) or "{}").items():
        try:
            acting.flow.complete(callback, outputs_of(acting, alias, slot) or {})
        except ProductError as problem:
            note(acting, now, f"later: {problem}")
            raise
        with store.record(now) as recorder:
            open_ = json.loads(store.setting(name_of(acting)) or "{}")
            open_.pop(callback, None)
            recorder.setting(name_of(acting), json.dumps(open_))
        done += 1
    if done:
        acting.say(Line(at=now, what="action", place=acting.place, count=done,
                        outcome="answered late"))  # fmt: skip
    return done


def note(acting: Acting, at: Micros, outcome: str) -> None:
    """Says what became of a call."""
    acting.say(Line(at=at, what="action", place=acting.place, outcome=outcome))
