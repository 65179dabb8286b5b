"""Looking at everything an admin may have got wrong. Nothing is changed, and nothing that is wrong
ends the look: each part is looked at alone, and what it raises is a finding."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

from connectors.shared.http import Rejected
from functions.actions.checking import check
from functions.actions.connecting import (
    connected,
    decisions_keys,
    in_the_clear,
    placeholders,
    same_people,
)
from functions.actions.standing import open_letters
from functions.actions.telling import Tell, silent
from functions.settings import Settings, read, serve_keys
from functions.shop import Shop, open_shop, playbook_folder
from functions.stack.trouble import understood
from personalization.connector import Finding
from personalization.errors import ProductError, Retry
from personalization.examine.currencies import currencies
from personalization.examine.standing import standing, zones
from personalization.models import Frozen, Micros
from personalization.playbook.mistakes import Mistakes

ROOM, NO_ROOM = 1_000_000_000, 100_000_000
"""Bytes free beside the store: below the first it is short, below the second a write may fail."""


class Examined(Frozen):
    """Everything that was looked at, in the order of looking."""

    findings: tuple[Finding, ...]

    def count(self, level: str) -> int:
        """How many findings are of a level."""
        return sum(one.level == level for one in self.findings)


def examine(
    config: Path, now: Micros | None = None, tell: Tell = silent, stack: str | None = None
) -> Examined:
    """Looks at the settings and all that they name, at home or as the deployed `stack` has it.
    Never raises for what it finds."""
    found: list[Finding] = []
    for one in looks(config, now, stack):
        found.append(one)
        tell(f"looked at {one.about}", len(found), None)
    return Examined(findings=tuple(found))


def looks(config: Path, now: Micros | None, stack: str | None) -> Iterator[Finding]:
    """Findings as they come."""
    try:
        settings = read(config)
    except ProductError as error:
        yield Finding(about="settings", level="wrong", said=str(error))
        return
    yield Finding(about="settings", level="good", said=f"{config.name} can be read")
    yield from in_the_clear(settings)
    yield from placeholders(settings)
    yield from guarded("webhooks", lambda: same_people(settings))
    playbook = list(guarded("playbook", lambda: checked(settings)))
    yield from playbook
    if stack is None:
        yield from guarded("serve", lambda: decisions_keys(partial(serve_keys, settings)))
        yield from guarded("store", lambda: space(settings))
    with ExitStack() as opened:
        try:
            shop = opened.enter_context(opening(config, now, stack))
        except (ProductError, OSError, sqlite3.Error) as error:
            yield unopened(error, stack)
            return
        yield from of_stack(shop, stack) if stack else ()
        yield from within(shop, not any(one.level == "wrong" for one in playbook))


def opening(
    config: Path, now: Micros | None, stack: str | None
) -> AbstractContextManager[Shop]:  # fmt: skip
    """The shop, at home or deployed."""
    if stack is None:
        return open_shop(config, now)
    from functions.stack.outside import open_stack  # whoever works at home loads no client of AWS

    return open_stack(config, stack)


def of_stack(shop: Shop, stack: str) -> Iterator[Finding]:
    """What is there only where the shop is deployed."""
    from functions.stack.examining import looks_at

    yield from guarded("serve", lambda: decisions_keys(shop.keys))
    for about, look in looks_at(shop, stack):
        yield from guarded(about, look)


def within(shop: Shop, playbook: bool) -> Iterator[Finding]:
    """What the store and the outside systems say; destinations are held against the playbook only
    where that is right."""
    yield Finding(about="store", level="good", said="opens")
    yield from guarded("store", lambda: standing(shop.store, shop.clock()))
    yield from guarded("dead letters", lambda: letters(shop))
    if playbook:
        yield from guarded("currencies", lambda: currencies(
            shop.store, shop.engines, shop.playbook, shop.clock()
        ))  # fmt: skip
        yield from guarded("time zones", lambda: [
            zones(shop.store, shop.engines, shop.playbook, shop.clock())
        ])  # fmt: skip
    for about, look in connected(shop, playbook):
        for one in guarded(about, look):
            yield one.model_copy(update={"said": one.said.replace(f"{shop.settings.file}: ", "")})


def guarded(about: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What a look finds; what it raises is a finding too. An unknown error is named by its type
    alone: its words may hold anything."""
    try:
        yield from look()
    except Mistakes as error:
        yield Finding(about=about, level="wrong", said=many(len(error.mistakes)),
                      remedy="`ofone check` points at each")  # fmt: skip
    except Retry as error:
        said, todo = in_two(str(error))
        yield Finding(about=about, level="wrong", said=said,
                      remedy=todo or "see that it is up and its address is right, then look again")  # fmt: skip
    except Rejected as no:
        yield Finding(about=about, level="wrong", said=f"it refused a question: {no.said}",
                      remedy="does what this account's settings name exist there?")  # fmt: skip
    except ProductError as error:
        said, todo = in_two(str(error))
        yield Finding(about=about, level="wrong", said=said, remedy=todo or advice(about))
    except Exception as error:  # noqa: BLE001  whatever is wrong, the rest is worth looking at
        ours = understood(error)
        if ours:
            yield Finding(about=about, level="wrong", said=str(ours))
            return
        yield Finding(about=about, level="wrong", said=f"failed ({type(error).__name__})",
                      remedy="look at its settings; if they are right, this is a defect")  # fmt: skip


def in_two(message: str) -> tuple[str, str]:
    """What an error says is wrong, and what it says to do; "" where it says only what is wrong."""
    said, _, todo = message.partition(". ")
    return (said if todo else said.removesuffix(".")), todo


def advice(about: str) -> str:
    """What to do about an account whose error does not say it."""
    if about.startswith("files/"):
        return "put your export there: docs/files.md describes the files"
    return "put it right in the settings file: docs/configuration.md has every setting"


def passed(tests: int) -> str:
    """`1 test`, `2 tests`."""
    return "1 test" if tests == 1 else f"{tests:,} tests"


def many(mistakes: int) -> str:
    """`1 mistake`, `2 mistakes`."""
    return "1 mistake" if mistakes == 1 else f"{mistakes:,} mistakes"


def unopened(error: Exception, stack: str | None) -> Finding:
    """A store that cannot be opened."""
    said = str(error) if isinstance(error, ProductError) else f"cannot be opened: {error}"
    if stack:
        return Finding(about=f"stack {stack}", level="wrong", said=said)
    return Finding(about="store", level="wrong", said=said,
                   remedy="see that its folder can be written and its file is whole")  # fmt: skip


def checked(settings: Settings) -> Iterator[Finding]:
    """The playbook, its tests and its capabilities."""
    found, mistakes = check(playbook_folder(settings))
    if mistakes:
        yield Finding(about="playbook", level="wrong", said=many(len(mistakes)),
                      remedy="`ofone check` points at each")  # fmt: skip
        return
    yield Finding(about="playbook", level="good", said=f"is right, {passed(found.tests)} passed")
    for lack in found.meter.lacking if found.meter else ():
        yield Finding(about="playbook", level="short", said=f"no personalization yet: {lack}",
                      remedy="docs/playbook.md shows how")  # fmt: skip


def space(settings: Settings) -> Iterator[Finding]:
    """Room beside the store."""
    folder = settings.folder / settings.store
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    level = "wrong" if free < NO_ROOM else "short" if free < ROOM else "good"
    remedy = None if level == "good" else "make room, or put `store` on another disk"
    yield Finding.model_validate({"about": "store", "level": level, "remedy": remedy,
                                  "said": f"{free / 1e9:,.1f} GB are free"})  # fmt: skip


def letters(shop: Shop) -> Iterator[Finding]:
    """What was set aside and not looked at since, and what becomes of it."""
    held = open_letters(shop)
    calls = sum(one.again for one in held)
    for waiting, what, todo in (
        (len(held) - calls, "row",
         "put right at its source and pulled, it comes by itself; then `ofone letters --drop ID`"),
        (calls, "webhook", "put right what they say, then `ofone letters --replay`"),
    ):  # fmt: skip
        if waiting:
            said = f"{waiting:,} {what}{'' if waiting == 1 else 's'} set aside"
            yield Finding(about="dead letters", level="short", said=said,
                          remedy=f"`ofone letters` says why; {todo}")  # fmt: skip
    if not held:
        yield Finding(about="dead letters", level="good", said="none waits")
