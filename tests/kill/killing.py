"""A shop and a sandbox, put back to a moment as often as needed, and killed in between."""

import copy
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    def end(self, same_plans: bool = True) -> dict[str, list[str]]:
        """The end state of the present moment, of the store and of the audience."""
        return {**states.of_store(self.live / "store", same_plans),
                **states.of_world(self.sandbox.world)}  # fmt: skip

    def end_of(self, step: Step) -> dict[str, list[str]]:
        """The end state of a step."""
        self.back(step.after)
        return self.end()


def resumed(ground: Ground, step: Step) -> tuple[list[str], set[tuple[int, str]]]:
    """Kills a command at every point, gives it again, and compares: what differs, and which
    points fired."""
    should, wrong, fired = ground.end_of(step), list[str](), set[tuple[int, str]]()
    for number, name in enumerate(step.points):
        for side in SIDES:
            ground.kill(step, number, side)
            fired.add((number, side))
            answer = ground.run(step.now, [step.command])
            found = answer.get("error", "").splitlines()[-3:]
            found = found or states.differences(ground.end(), should)
            wrong += [f"{side} {number} {name}: {one}" for one in found]
    return wrong, fired


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


