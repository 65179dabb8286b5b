"""A plan that many processes make together: what one part leaves in the store for the others.

A group that is made again, because whoever made it was killed or somebody else wrote first, drops
what it had planned and plans anew, so that nothing is planned twice. Its tally is kept once all of
it is there, and the last part waits for all of them.
"""

import json
from collections.abc import Iterable, Sequence

from pydantic import TypeAdapter

from personalization.connector import Destination
from personalization.models import Frozen, Micros
from personalization.plan.setup import Setup
from personalization.plan.tally import Tally
from personalization.store.protocol import Recorder, Scope, Store

EVENTS = 1_000_000
"""How many events make a group in one process; see `Store.groups`."""
TALLY = TypeAdapter(Tally)


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


def keep_begun(recorder: Recorder, destination: Destination, part: Begun) -> None:
    """Leaves what the other parts need."""
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
        recorder.setting(name_of(destination, scope), body_of(part, tally))


def gathered(store: Store, destination: Destination, part: Begun) -> Tally | None:
    """The tallies of all groups as one; None where some group is not done."""
    found: list[Tally] = []
    for scope in part.groups:
        known = told(store, destination, scope)
        mine = known.get("plan") == part.plan and known.get("now") == part.now
        if not mine or "tally" not in known:
            return None
        found.append(TALLY.validate_python(known["tally"]))
    return together(found)


def together(tallies: Iterable[Tally]) -> Tally:
    """Tallies of groups, in their order, as the tally of one process that made them all."""
    whole = Tally()
    for one in tallies:
        for name, value in vars(one).items():
            if name == "examples":
                for field, pairs in value.items():
                    for old, new in pairs:
                        whole.example(field, old, new)
            elif isinstance(value, int):
                setattr(whole, name, getattr(whole, name) + value)
            else:
                getattr(whole, name).update(value)
    return whole


def told(store: Store, destination: Destination, scope: Scope) -> dict[str, object]:
    """What is noted of a group."""
    body = store.setting(name_of(destination, scope))
    found: dict[str, object] = json.loads(body) if body else {}
    return found


def body_of(part: Begun, tally: Tally | None = None) -> str:
    """A group's note. The moment is in it too: a plan that is made anew may have the same name."""
    said: dict[str, object] = {"plan": part.plan, "now": part.now}
    if tally is not None:
        said["tally"] = TALLY.dump_python(tally, mode="json")
    return json.dumps(said)


def name_of(destination: Destination, scope: Scope | None = None) -> str:
    """The setting that holds it."""
    which = "begun" if scope is None else f"group {scope.first}"
    return f"plan {destination.name}/{destination.account} {which}"


def scopes(groups: Sequence[Scope]) -> list[dict[str, int]]:
    """Groups as plain data."""
    return [{"first": one.first, "last": one.last} for one in groups]
