"""Everything that stays the same during one run: the composition that `decide` is called with."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from personalization.decide.decide import decide
from personalization.decide.output import Decided
from personalization.engine import Engine
from personalization.facts import Facts, day_of, reduce
from personalization.models import Micros
from personalization.plan.goods import Goods
from personalization.playbook.model import Playbook
from personalization.render import Renderer
from personalization.store import spill
from personalization.store.protocol import Scope, Store


@dataclass(frozen=True)
class Session:
    """One run's store, engine, playbook, facts and catalogue. `readable` are the folders that an
    engine may read."""

    store: Store
    engine: Engine
    playbook: Playbook
    renderer: Renderer
    facts: Facts
    goods: Goods

    def decide(
        self, scope: Scope, now: Micros | Mapping[str, Micros], *, until: Micros | None = None,
        waiting: Iterable[tuple[str, str]] = (), loaded: Callable[[], None] | None = None,
    ) -> tuple[Decided, Micros]:  # fmt: skip
        """Loads a scope, as recorded by `until`, and decides for it, after `loaded` was called.
        Returns what was decided and the watermark that it saw."""
        seen = self.store.load(self.engine, scope, now, until)
        if loaded:
            loaded()
        decided = decide(
            self.engine, self.playbook, self.facts, self.goods.stock(scope), self.renderer, waiting
        )
        return decided, seen


EngineFactory = Callable[[], Engine]


def engines(readable: Path, threads: int = 1, memory: str = "1GB") -> EngineFactory:
    """Makes engines that may read one folder, and spill there."""
    return lambda: Engine([readable], threads, memory, spill.own(readable / "spill"))


@contextmanager
def session(
    store: Store,
    make_engine: EngineFactory,
    playbook: Playbook,
    now: Micros,
    facts: str | None = None,
    goods: str | None = None,
) -> Iterator[Session]:
    """Opens a run. `facts` and `goods` name versions for a replay; without them it takes the
    facts of the day (made now if there are none) and the newest catalogue."""
    known = facts_version(store, facts) if facts else facts_of_the_day(store, make_engine, now)
    if store.playbook(playbook.hash) is None:
        with store.record(now) as recorder:
            recorder.playbook(playbook.hash, playbook.files)
    with make_engine() as engine:
        version = store.load_products(engine, goods, ())
        stocked = Goods(store, engine, playbook, known, version)
        yield Session(store, engine, playbook, Renderer(playbook), known, stocked)


def facts_of_the_day(store: Store, make_engine: EngineFactory, now: Micros) -> Facts:
    """The facts as of today's start, reduced from the log and kept if there are none yet."""
    as_of = day_of(now)
    version = store.facts_as_of(as_of)
    if version:
        return facts_version(store, version)
    made = reduce(store, make_engine, as_of)
    with store.record(now) as recorder:
        recorder.facts(made.version, as_of, made.to_json())
    return made


def facts_version(store: Store, version: str) -> Facts:
    """Facts that were kept. Raises KeyError if they never were."""
    body = store.facts(version)
    if body is None:
        raise KeyError(f"facts version {version} is not in the store")
    return Facts.from_json(body)
