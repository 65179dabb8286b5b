"""Recomputing a decision from the log as it was recorded when the decision was made."""

import json
from collections.abc import Mapping
from typing import Any

from personalization.decide.decide import decide
from personalization.models import Frozen
from personalization.plan.session import EngineFactory, session
from personalization.playbook.load import from_files
from personalization.playbook.model import Playbook
from personalization.store.protocol import Scope, Store


class Verdict(Frozen):
    """equal, differs or erased; `difference` says where."""

    verdict: str
    difference: str | None = None


def replay(store: Store, make_engine: EngineFactory, decision: Mapping[str, Any]) -> Verdict:
    """Decides again with the playbook, facts and catalogue named by the decision, at its moment,
    from the log recorded by then, and compares message, picks, probabilities, id and expiry."""
    files = store.playbook(decision["playbook"])
    if files is None or store.facts(decision["facts"]) is None:
        return Verdict(verdict="erased", difference="its playbook or facts are no longer kept")
    playbook = from_files(files, "replayed")
    again = recompute(store, make_engine, playbook, decision)
    if again is None:
        return Verdict(verdict="erased", difference="the contact's rows were erased")
    logged = {name: decision[name] for name in again}
    changed = [name for name in again if again[name] != logged[name]]
    if not changed:
        return Verdict(verdict="equal")
    said = ", ".join(f"{name}: was {logged[name]}, is {again[name]}" for name in changed)
    return Verdict(verdict="differs", difference=said)


def recompute(
    store: Store, make_engine: EngineFactory, playbook: Playbook, decision: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The decision's columns computed anew, or None where the contact is gone."""
    contact, now = decision["contact"], int(decision["now"])
    with session(
        store, make_engine, playbook, now, decision["facts"], decision["catalogue"]
    ) as run:
        run.store.load(run.engine, Scope(ids=(contact,)), now, until=int(decision["seen"]))
        decided = decide(run.engine, playbook, run.facts, run.goods, run.renderer)
    if contact not in decided.contacts:
        return None
    slot = decided.slots[decision["slot"]]
    i = decided.contacts.index(contact)
    return {
        "id": slot.id[i],
        "message": slot.message[i],
        "picks": json.dumps(slot.picks[i], separators=(",", ":")),
        "probabilities": slot.probabilities[i],
        "standing_until": int(slot.standing_until[i]),
    }
