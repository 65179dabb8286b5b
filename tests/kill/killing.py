"""A shop and a sandbox, put back to a moment as often as needed, and killed in between."""

import copy
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from connectors.sandbox.clock import micros
from connectors.sandbox.mailchimp.state import Account
from connectors.sandbox.server import Running, running
from tests.kill import shop, states
from tests.kill.forks import Forks

SIDES = ("before", "after")
KILLED = -9


@dataclass(frozen=True)
class Moment:
    """Everything there is at one moment: a copy of the store's folder and the sandbox's account."""

    folder: Path
    account: Account
    clock: int


@dataclass(frozen=True)
class Step:
    """One command undisturbed: where it began, the points it came through, where it ended."""

    command: str
    now: int
    before: Moment
    points: tuple[str, ...]
    after: Moment


@dataclass
class Ground:
    """Where it all happens."""

    folder: Path
    forks: Forks
    sandbox: Running
    moments: int = 0

    @property
    def live(self) -> Path:
        """The folder at work."""
        return self.folder / "live"

    def keep(self) -> Moment:
        """The present moment."""
        self.moments += 1
        kept = self.folder / f"moment-{self.moments}"
        shutil.copytree(self.live, kept)
        world = self.sandbox.world
        with world.lock:
            return Moment(kept, copy.deepcopy(world.account), world.clock.now)

    def back(self, to: Moment) -> None:
        """Makes a moment the present."""
        shutil.rmtree(self.live)
        shutil.copytree(to.folder, self.live)
        world = self.sandbox.world
        with world.lock:
            world.account, world.clock.now = copy.deepcopy(to.account), to.clock

    def run(self, now: int, commands: Sequence[str], kill: Any = None) -> dict[str, Any]:
        """A process that carries out commands."""
        return self.forks.run(
            folder=str(self.live), export=str(self.folder / "export"), url=self.sandbox.url,
            now=now, commands=commands, kill=kill,
        )  # fmt: skip

    def lived(self, now: int, commands: Sequence[str]) -> dict[str, Any]:
        """A process that must live to its end."""
        answer = self.run(now, commands)
        assert answer["ended"] == 0, answer.get("error")
        return answer

    def begin(self, name: str) -> shop.Work:
        """Brings the shop's export and the sandbox's clock to where a work begins."""
        work = shop.WORKS[name]
        shop.export(self.folder / "export", name)
        self.sandbox.control("clock", now=shop.at(work.now))
        return work

    def undisturbed(self, name: str) -> list[Step]:
        """A work from the present moment on, command by command."""
        work, steps = self.begin(name), []
        for command in work.commands:
            before = self.keep()
            points = self.lived(work.now, [command])["points"]
            steps.append(Step(command, work.now, before, tuple(points), self.keep()))
        return steps

    def kill(self, step: Step, number: int, side: str) -> None:
        """Runs a command that dies at one of its points."""
        self.back(step.before)
        ended = self.run(step.now, [step.command], (number, side, step.points[number]))["ended"]
        assert ended == KILLED, f"it did not die there, but ended with {ended}"

    def found(self) -> str:
        """A hash of all that a process starting now would find, here and in the destination."""
        found, store = blake2b(), self.live / "store"
        for path in sorted((store / "events").iterdir()):
            found.update(path.name.encode() + (path.read_bytes() if path.is_file() else b""))
        # Of a copy: opening a database ends what a kill has left, and that is for the next run.
        aside = self.folder / "aside"
        shutil.copytree(store, aside, ignore=shutil.ignore_patterns("events", "*-shm"))
        for row in states.everything(aside):
            found.update(repr(row).encode())
        shutil.rmtree(aside)
        world = self.sandbox.world
        with world.lock:
            found.update(f"{world.account} {world.clock.now}".encode())
        return found.hexdigest()

    def end(self, same_plans: bool = True) -> dict[str, list[str]]:
        """The end state of the present moment, of the store and of the audience."""
        return {**states.of_store(self.live / "store", same_plans),
                **states.of_world(self.sandbox.world)}  # fmt: skip


def resumed(
    ground: Ground, step: Step, same_plans: bool = True
) -> tuple[list[str], set[tuple[int, str]]]:
    """Kills a command at every point, gives it again, and compares: what differs, and which
    points fired."""
    ground.back(step.after)
    should = ground.end(same_plans)

    def again() -> list[str]:
        answer = ground.run(step.now, [step.command])
        return trouble(answer) or states.differences(ground.end(same_plans), should)

    return at_every_point(ground, step, again)


def overtaken(ground: Ground, step: Step, name: str) -> tuple[list[str], set[tuple[int, str]]]:
    """Kills a command at every point and never gives it again: a later work comes, which knows
    newer things. What differs from the later work after an undisturbed step, and which points
    fired. The sandbox's clock moves without ending the jobs that the killed process began."""
    ground.back(step.after)
    work = ground.begin(name)
    ground.lived(work.now, work.commands)
    should = ground.end(same_plans=False)

    def later() -> list[str]:
        ground.sandbox.world.clock.set(micros(shop.at(work.now)))
        answer = ground.run(work.now, work.commands)
        return trouble(answer) or states.differences(ground.end(same_plans=False), should)

    return at_every_point(ground, step, later)


def at_every_point(
    ground: Ground, step: Step, then: Callable[[], list[str]]
) -> tuple[list[str], set[tuple[int, str]]]:
    """Kills a command before and after each of its points, and sees what comes of it; where two
    kills leave the very same behind, once for both."""
    wrong, fired = list[str](), set[tuple[int, str]]()
    known: dict[str, list[str]] = {}
    for number, name in enumerate(step.points):
        for side in SIDES:
            ground.kill(step, number, side)
            fired.add((number, side))
            left = ground.found()
            if left not in known:
                known[left] = then()
            wrong += [f"{side} {number} {name}: {one}" for one in known[left]]
    return wrong, fired


def trouble(answer: dict[str, Any]) -> list[str]:
    """Why a process did not live to its end."""
    if answer["ended"] == 0:
        return []
    return [*answer.get("error", "").splitlines()[-3:], f"ended with {answer['ended']}"]


def every_point(step: Step) -> set[tuple[int, str]]:
    """All that must fire."""
    return {(number, side) for number in range(len(step.points)) for side in SIDES}


@contextmanager
def ground_in(folder: Path, polls: tuple[int, int] = (3, 3)) -> Iterator[Ground]:
    """A new shop with an audience, and nothing done yet."""
    (folder / "live").mkdir(parents=True)
    with Forks() as forks, running(polls=polls) as sandbox:
        sandbox.control("members", members=shop.members())
        yield Ground(folder, forks, sandbox)


def lived_through(ground: Ground, names: Sequence[str]) -> list[Step]:
    """Several works undisturbed; the steps of the last."""
    steps: list[Step] = []
    for name in names:
        steps = ground.undisturbed(name)
    return steps
