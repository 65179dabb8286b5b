"""The door and the work behind it, put together over one shop."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from functions.door.acting import Acting, answer_late
from functions.door.deciding import Counter
from functions.door.hearing import Ear, Hooks
from functions.door.keeping import keep
from functions.door.listening import Place, listening
from functions.door.routing import Door
from functions.door.telling import Line, Say
from functions.door.turning import A_ROUND, Work, run
from functions.settings import serve_keys
from functions.shop import Shop, named


def door_of(shop: Shop, say: Say) -> Door:
    """The door of a shop. Raises Stop for settings that are missing or wrong."""
    hooks: Hooks = {place: shop.webhook(*place) for place in named(shop.settings, "webhook")}
    ear = Ear(hooks, partial(keep, shop.store), say)
    counter = Counter(shop, serve_keys(shop.settings))
    acting = {place: Acting("/".join(place), shop.action(*place), counter, say)
              for place in named(shop.settings, "action")}  # fmt: skip
    return Door(ear, counter, acting)


def work_of(shop: Shop, door: Door, say: Say, to: Sequence[str] = ()) -> Work:
    """The work behind a door. Raises Stop for a destination that is none."""
    names = to or [f"{connector}/{account}" for connector, account in
                   named(shop.settings, "destination")]  # fmt: skip
    chores = [partial(answer_late, one) for one in door.actions.values()]
    return Work(shop, [shop.destination(name) for name in names], door.ear.hooks, say, chores)


class Served(NamedTuple):
    """A door that is open, and the work behind it."""

    url: str
    work: Work


@contextmanager
def serving(
    shop: Shop, say: Say, host: str = "127.0.0.1", port: int = 0, to: Sequence[str] = (),
    a_round: float = A_ROUND,
) -> Iterator[Served]:  # fmt: skip
    """Serves until the block ends: then no new call is let in, calls at hand are answered, and the
    round of work at hand is finished. Raises OSError where the port is taken."""
    _ = shop.playbook  # a mistake in it is told now, not at the first call
    door = door_of(shop, say)
    work = work_of(shop, door, say, to)
    server = listening(Place(door, shop.settings.serve.address), host, port)
    stop = threading.Event()
    threads = [
        threading.Thread(target=server.serve_forever, args=(0.1,), name="door"),
        threading.Thread(target=run, args=(work, stop, a_round), name="work"),
    ]
    for one in threads:
        one.start()
    try:
        where = f"http://{host}:{server.server_address[1]}"
        say(Line(at=shop.clock(), what="listening", place=where))
        yield Served(where, work)
    finally:
        server.shutdown()
        server.server_close()
        stop.set()
        for one in threads:
            one.join()
        say(Line(at=shop.clock(), what="stopped"))
