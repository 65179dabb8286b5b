"""Checking a playbook: its mistakes, its own tests, and the meter that says whether it is
personalization at all."""

from pathlib import Path

from functions.actions.telling import Tell, silent
from personalization.models import Frozen
from personalization.playbook.complete import KINDS_OF_DATA, kind_of_data
from personalization.playbook.load import load
from personalization.playbook.mistakes import Mistake, Mistakes
from personalization.playbook.model import Playbook
from personalization.render import Renderer
from personalization.trial import run_cases


class Meter(Frozen):
    """The three capabilities: traits by kind of data, fields whose content is unique to the
    contact with what they read, and triggers with what starts them."""

    data: dict[str, tuple[str, ...]]
    unique: dict[str, tuple[str, ...]]
    timed: dict[str, str]

    @property
    def lacking(self) -> tuple[str, ...]:
        """What a playbook needs to be personalization and has not."""
        found = [f"no {kind} data" for kind in KINDS_OF_DATA if not self.data[kind]]
        found += ["no content unique to the person"] if not self.unique else []
        found += ["nothing at a time relevant to the person"] if not self.timed else []
        return tuple(found)


class Checked(Frozen):
    """What checking found. `meter` is None where the playbook could not be loaded."""

    folder: str
    name: str | None
    mistakes: tuple[dict[str, object], ...]
    tests: int
    meter: Meter | None
    hash: str | None = None


def check(folder: Path, tell: Tell = silent) -> tuple[Checked, tuple[Mistake, ...]]:
    """Loads a playbook and runs its tests. The mistakes come as values too, for printing. Raises
    Stop where the folder holds no playbook."""
    try:
        playbook = load(folder)
    except Mistakes as wrong:
        found = wrong.mistakes
        return Checked(folder=folder.name, name=None, mistakes=plain(found), tests=0,
                       meter=None), found  # fmt: skip

    def progress(done: int, total: int) -> None:
        tell("running the playbook's tests", done, total)

    failed = tuple(run_cases(playbook, progress))
    return Checked(
        folder=folder.name, name=playbook.name, mistakes=plain(failed),
        tests=len(playbook.cases), meter=meter(playbook), hash=playbook.hash,
    ), failed  # fmt: skip


def plain(mistakes: tuple[Mistake, ...]) -> tuple[dict[str, object], ...]:
    """Mistakes as plain data."""
    return tuple(
        {"file": one.file, "line": one.line, "column": one.column, "message": one.message,
         "suggestion": one.suggestion, "remedy": one.remedy}
        for one in mistakes
    )  # fmt: skip


def meter(playbook: Playbook) -> Meter:
    """How much of personalization a playbook uses."""
    data: dict[str, list[str]] = {kind: [] for kind in KINDS_OF_DATA}
    for trait in playbook.traits.values():
        kind = kind_of_data(trait)
        if kind:
            data[kind].append(trait.name)
    renderer = Renderer(playbook)
    unique = {name: reads(playbook, renderer, name) for name in playbook.fields}
    return Meter(
        data={kind: tuple(names) for kind, names in data.items()},
        unique={name: parts for name, parts in unique.items() if parts},
        timed={one.name: start(playbook, one.name) for one in playbook.triggers.values()},
    )


def reads(playbook: Playbook, renderer: Renderer, field: str) -> tuple[str, ...]:
    """What of the contact's own a field shows, whichever message fills it."""
    one = playbook.fields[field]
    slot = playbook.slots.get(one.slot or "")
    messages = (None, *(slot.messages if slot else ()))
    found = {name for message in messages for name in renderer.names(field, message)}
    own = {name for name in found if name.startswith("picks") or name in playbook.traits}
    return tuple(sorted(own))


def start(playbook: Playbook, name: str) -> str:
    """What starts a trigger, in words."""
    one = playbook.triggers[name]
    said = {
        "after": one.after and f"after an event of kind {one.after}",
        "enter": one.enter and f"on entering {one.enter}",
        "leave": one.leave and f"on leaving {one.leave}",
        "at": one.at and f"at the moment {one.at}",
    }
    return next(text for text in said.values() if text)
