"""Erasing a person from what is not in the log: webhooks that wait, and dead letters."""

import json
from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from personalization.models import Event
from personalization.store.bodies import Person, place_of
from personalization.store.tables import Transaction
from personalization.store.tombs import living

EVENTS = TypeAdapter(list[Event])


def person(tx: Transaction, people: Sequence[str], aliases: Sequence[str]) -> Person:
    """By what free texts may name somebody, from their aliases and shadows."""
    names, outside = set(aliases), dict[str, set[str]]()
    for alias in aliases:
        place, _, own = alias.partition(":")
        if "@" in own:
            names.add(own)
        if "/" in place:
            outside.setdefault(place, set()).add(own)
    for one in people:
        for place, id_, email in tx.connection.execute(
            "SELECT destination || '/' || account, outside_id, email FROM place "
            "JOIN shadow ON shadow.place = place.id WHERE contact = ?", (one,),
        ):  # fmt: skip
            outside.setdefault(place, set()).add(id_)
            names.update([email] if email and "@" in email else [])
    return Person(
        frozenset(names - {""}), {place: frozenset(ids) for place, ids in outside.items()}
    )


def forget_waiting(tx: Transaction, whom: Person) -> int:
    """Takes the person out of the inbox; returns how many rows were changed. Call it once the
    tombstones stand: of a row of events they decide, as they will when it is taken in, so that
    what waits of others stays. Of any other row, the objects of a list that name the person go,
    or all of it."""
    changed = 0
    rows = tx.connection.execute("SELECT id, connector, account, body FROM inbox").fetchall()
    for id_, connector, account, body in rows:
        left = without(tx, whom, f"{connector}/{account}", body)
        if left == body:
            continue
        changed += 1
        if left is None:
            tx.connection.execute("DELETE FROM inbox WHERE id = ?", (id_,))
        else:
            tx.connection.execute("UPDATE inbox SET body = ? WHERE id = ?", (left, id_))
    return changed


def without(tx: Transaction, whom: Person, place: str, body: str) -> str | None:
    """What is left of a waiting body; None if nothing is."""
    try:
        events = EVENTS.validate_json(body)
    except ValidationError:
        return searched(whom, place, body)
    kept = living(tx, events)
    if len(kept) == len(events):
        return body
    return EVENTS.dump_json(list(kept)).decode() if kept else None


def searched(whom: Person, place: str, body: str) -> str | None:
    """The same for a body that holds no events of ours."""
    if not whom.in_text(body, place):
        return body
    try:
        said = json.loads(body)
    except ValueError:
        return None
    if not isinstance(said, list):
        return None
    kept = [one for one in said if not whom.in_text(json.dumps(one), place)]
    return json.dumps(kept, ensure_ascii=False) if kept and len(kept) < len(said) else None


def forget_letters(tx: Transaction, whom: Person) -> int:
    """Drops the dead letters that name the person; returns how many."""
    rows = tx.connection.execute("SELECT id, body, reason FROM dead_letter").fetchall()
    named = [(id_,) for id_, body, reason in rows
             if whom.in_text(body, place_of(reason)) or whom.in_text(reason, "")]  # fmt: skip
    tx.connection.executemany("DELETE FROM dead_letter WHERE id = ?", named)
    return len(named)
