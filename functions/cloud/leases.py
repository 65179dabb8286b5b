"""Leases without a kernel that notices a death: an item with an end, renewed while the work goes on.

Whoever takes a place over gets a greater fencing number, and every transaction of the store within
the block holds only while the item still has the number it was given: a holder that slept through
its end writes nothing any more. Nothing needs cleaning up after a death: the end passes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from functions.cloud.clients import Clash
from functions.cloud.dynamo import Dynamo, Op, Place
from personalization.errors import Retry
from personalization.hashing import digest
from personalization.models import SECOND, Micros
from personalization.store.leases import Busy

LASTS = 60 * SECOND
"""How long a lease lasts unless it is renewed, which is tried three times in it."""


@dataclass
class ItemLeases:
    """`Leases` by items. `clock` gives UTC microseconds."""

    dynamo: Dynamo
    clock: Callable[[], Micros]
    held: dict[tuple[int, str], tuple[Place, int]] = field(default_factory=dict)

    @contextmanager
    def alone(self, place: str, who: str) -> Iterator[None]:
        """See `personalization.store.leases.Leases`."""
        mine = (threading.get_ident(), place)
        if mine in self.held:
            yield
            return
        at = Place("G#lease", digest(place))
        fence = self.take(at, place, who)
        self.held[mine] = at, fence
        over = threading.Event()
        renewing = threading.Thread(target=self.renew, args=(at, fence, over), daemon=True)
        renewing.start()
        try:
            yield
        finally:
            over.set()
            renewing.join()
            self.held.pop(mine, None)
            self.leave(at, fence)

    def take(self, at: Place, place: str, who: str) -> int:
        """Takes a place; returns the fencing number. Raises Busy."""
        now = self.clock()
        before = self.dynamo.get([at]).get(at, {})
        fence = int(before.get("fence", 0))
        if int(before.get("until", 0)) > now:
            raise Busy(f"{before['who']} is at work on {place}: wait until it has ended")
        rule = ("fence = :f", {":f": fence}) if fence else ("attribute_not_exists(PK)", {})
        item: dict[str, str | int] = {"who": who, "until": now + LASTS, "fence": fence + 1}
        try:
            self.dynamo.write([Op("Put", at, item, rule[0], values=rule[1])])
        except Clash:
            raise Busy(f"another is at work on {place}: wait until it has ended") from None
        return fence + 1

    def renew(self, at: Place, fence: int, over: threading.Event) -> None:
        """Puts the end off until the work is over, or the lease is another's."""
        while not over.wait(LASTS / SECOND / 3):
            with suppress(Retry):
                self.extend(at, fence, self.clock() + LASTS)

    def leave(self, at: Place, fence: int) -> None:
        """Gives a place back. The number stays, so that the next is greater."""
        with suppress(Retry):
            self.extend(at, fence, 0)

    def extend(self, at: Place, fence: int, until: Micros) -> None:
        """Moves the end. Raises Clash where the lease is another's by now."""
        self.dynamo.call(
            "update_item", **self.dynamo.given(
                Op("Update", at, None, "fence = :f", "SET #u = :u", {":f": fence, ":u": until})
            )["Update"] | {"ExpressionAttributeNames": {"#u": "until"}},
        )  # fmt: skip

    def fences(self) -> list[Op]:
        """What must hold of every lease of this thread for its writes to count."""
        thread = threading.get_ident()
        return [Op("ConditionCheck", at, None, "fence = :f", values={":f": fence})
                for (holder, _), (at, fence) in self.held.items() if holder == thread]  # fmt: skip
