"""A plan that many processes make together: what one part leaves in the store for the others.

A group that is made again, because whoever made it was killed or somebody else wrote first, drops
what it had planned and plans anew, so that nothing is planned twice. Its tally is kept once all of
it is there, and the last part waits for all of them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from personalization.connector import Destination
from personalization.models import Frozen, Micros
from personalization.plan.setup import Setup
from personalization.plan.tally import Tally
from personalization.store.erasing import FORGOT
from personalization.store.protocol import Recorder, Scope, Store

EVENTS = 1_000_000
"""How many events make a group in one process; see `Store.groups`."""
TALLY = TypeAdapter(Tally)
KEYED = ("kept", "kept_until")
"""What a tally counts by several texts at once, which JSON has no keys for."""


class Begun(Frozen):
    """A plan that is begun: all parts of it work as of one moment, with one playbook, one version
    of the facts and one of the catalogue."""

    plan: str
    now: Micros
    seen: Micros
    playbook: str
    facts: str
    catalogue: str
    setup: Setup
    groups: tuple[Scope, ...]


def keep_begun(
    store: Store, recorder: Recorder, destination: Destination, part: Begun
) -> None:  # fmt: skip
    """Leaves what the other parts need, and drops the notes of a plan that never was finished."""
    before = json.loads(store.setting(name_of(destination)) or "{}").get("groups", ())
    drop_notes(store, recorder, destination, [Scope.model_validate(one) for one in before])
    recorder.setting(name_of(destination), part.model_dump_json())


def kept_begun(store: Store, destination: Destination, plan: str) -> Begun | None:
    """What was left; None where the plan is none that is being made: another took its place."""
    body = store.setting(name_of(destination))
    found = Begun.model_validate_json(body) if body else None
    standing = store.plan(plan)
    if found is None or found.plan != plan or standing is None or standing[0] != "building":
        return None
    return found


def take_group(
    store: Store, destination: Destination, part: Begun, scope: Scope
) -> Tally | None:  # fmt: skip
    """Notes that a group is being made, and takes back what was planned of it before. None where
    it is done already."""
    known = told(store, destination, scope)
    if known.get("plan") == part.plan and known.get("now") == part.now:
        if "tally" in known:
            return None
        with store.record(part.now) as recorder:
            recorder.drop_planned(part.plan, (scope.first, scope.last))
    with store.record(part.now) as recorder:
        recorder.setting(name_of(destination, scope), body_of(part))
    return Tally()


def keep_group(
    store: Store, destination: Destination, part: Begun, scope: Scope, tally: Tally
) -> None:  # fmt: skip
    """Leaves a group's tally: it is done."""
    with store.record(part.now) as recorder:
        without_the_erased(store, part, tally)
        recorder.setting(name_of(destination, scope), body_of(part, tally))


def without_the_erased(store: Store, part: Begun, tally: Tally) -> None:
    """Takes the examples away where somebody was erased since the plan was begun: rendered texts
    name nobody, so any of them may be theirs."""
    if int(store.setting(FORGOT) or 0) > part.seen:
        tally.examples.clear()


def drop_notes(
    store: Store, recorder: Recorder, destination: Destination, groups: Iterable[Scope]
) -> None:  # fmt: skip
    """Empties the notes of groups: their plan is finished, or nobody will finish it."""
    for name in (name_of(destination, scope) for scope in groups):
        if store.setting(name):
            recorder.setting(name, "")


def gathered(store: Store, destination: Destination, part: Begun) -> Tally | None:
    """The tallies of all groups as one; None where some group is not done."""
    found: list[Tally] = []
    for scope in part.groups:
        known = told(store, destination, scope)
        mine = known.get("plan") == part.plan and known.get("now") == part.now
        if not mine or "tally" not in known:
            return None
        found.append(tally_of(known["tally"]))
    return together(found)


def together(tallies: Iterable[Tally]) -> Tally:
    """Tallies of groups, in their order, as the tally of one process that made them all."""
    whole = Tally()
    for one in tallies:
        for name, value in vars(one).items():
            if isinstance(value, int):
                setattr(whole, name, getattr(whole, name) + value)
            elif isinstance(value, Counter):
                getattr(whole, name).update(value)
        for field, pairs in one.examples.items():
            for old, new in pairs:
                whole.example(field, old, new)
        for field, reasons in one.reasons.items():
            whole.fell_back(field, reasons, one.overlong.get(field))
        for key, until in one.kept_until.items():
            whole.kept_until[key] = max(until, whole.kept_until.get(key, 0))
    return whole


def plain(tally: Tally) -> dict[str, Any]:
    """A tally as JSON's values."""
    said: dict[str, Any] = TALLY.dump_python(tally, mode="json")
    return said | {name: [[*key, n] for key, n in getattr(tally, name).items()] for name in KEYED}


def tally_of(said: Mapping[str, Any]) -> Tally:
    """The tally that `plain` made these values of."""
    keyed = {name: {tuple(key): n for *key, n in said[name]} for name in KEYED}
    return TALLY.validate_python({**said, **keyed})


def told(store: Store, destination: Destination, scope: Scope) -> dict[str, Any]:
    """What is noted of a group."""
    body = store.setting(name_of(destination, scope))
    found: dict[str, Any] = json.loads(body) if body else {}
    return found


def body_of(part: Begun, tally: Tally | None = None) -> str:
    """A group's note. The moment is in it too: a plan that is made anew may have the same name."""
    said: dict[str, Any] = {"plan": part.plan, "now": part.now}
    if tally is not None:
        said["tally"] = plain(tally)
    return json.dumps(said)


def name_of(destination: Destination, scope: Scope | None = None) -> str:
    """The setting that holds it."""
    which = "begun" if scope is None else f"group {scope.first}"
    return f"plan {destination.name}/{destination.account} {which}"


def scopes(groups: Sequence[Scope]) -> list[dict[str, int]]:
    """Groups as plain data."""
    return [{"first": one.first, "last": one.last} for one in groups]
