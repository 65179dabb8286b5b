"""The store's reads: each lays down what it can touch, and then is the embedded store's own."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from functions.cloud import log_base, pages
from functions.cloud.dynamo import Dynamo
from functions.cloud.fetching import Shelf
from functions.cloud.leases import ItemLeases
from functions.cloud.objects import Objects
from functions.cloud.recorder import CloudRecorder
from personalization.engine import Engine
from personalization.identity import alias_hash, is_contact
from personalization.models import Columns, Event, Micros, OutboxRow, OutboxState
from personalization.store import tables
from personalization.store.embedded import EmbeddedStore
from personalization.store.protocol import Scope
from personalization.store.shadows import ALL, Names


class CloudReads(EmbeddedStore):
    """The half of `store.CloudStore` that changes nothing. `_loaded` are the contacts of the last
    `load`, of `_scope`, which the next `record` is about; `_recorder` is there within `record`."""

    _shelf: Shelf

    def __init__(
        self, folder: Path, dynamo: Dynamo, objects: Objects, clock: Callable[[], Micros]
    ) -> None:
        super().__init__(folder)
        self._dynamo, self.objects = dynamo, objects
        self._leases = ItemLeases(dynamo, clock)
        self._loaded: set[str] = set()
        self._scope: Scope | None = None
        self._recorder: CloudRecorder | None = None
        self._catalogue: str | None = None

    def _need(self, contacts: Iterable[str], events: bool = True) -> None:
        """Lays contacts down, as of now; within `record`, once."""
        if self._recorder:
            self._recorder.need(contacts, events)
        else:
            self._shelf.contacts(contacts, events, self._loaded)

    def _need_scope(self, scope: Scope, events: bool = True) -> None:
        """Lays a scope's contacts down, but for those that are as they should be."""
        if scope.ids is not None:
            self._need((one for one in scope.ids if is_contact(one)), events)
            return
        fresh = self._recorder.fresh if self._recorder else self._loaded
        with self._shelf.desk.unnoted():
            self._shelf.range(scope.first, scope.last, fresh)

    def _point(self, names: Iterable[str]) -> None:
        """Lays down whose some aliases are."""
        if self._recorder:
            self._recorder.point(names)
        else:
            self._need(self._shelf.pointers(sorted(set(names))), events=False)

    def _small(self, name: str, *keys: tuple[str | int, ...], **how: Any) -> None:
        """Lays a small table down, or rows of it."""
        with self._shelf.desk.unnoted():
            if keys:
                self._shelf.some(name, keys)
            else:
                self._shelf.small(name, **how)

    def watermark(self) -> Micros:
        """The greatest `recorded_at` that this process has met."""
        return max(super().watermark(), self._shelf.floor)

    def load(self, engine: Engine, scope: Scope, now: Micros | Mapping[str, Micros],
             until: Micros | None = None) -> Micros:  # fmt: skip
        """Puts the input tables of `decide` into the engine; returns the watermark read."""
        if not isinstance(now, int) and scope.ids is None:
            scope = Scope(ids=tuple(sorted(now)))
        self._lay(scope, until)
        with self._base(scope, until):
            return super().load(engine, scope, now, until)

    def load_log(self, engine: Engine, scope: Scope) -> None:
        """Puts ids and events alone there."""
        self._lay(scope, None)
        with self._base(scope, None):
            super().load_log(engine, scope)

    def _base(self, scope: Scope, until: Micros | None) -> AbstractContextManager[None]:
        """The base, where a scope is read from it: some contacts have all their events as rows."""
        if scope.ids is not None:
            return nullcontext()
        return log_base.shown(self._shelf, self._events, scope, until)

    def _lay(self, scope: Scope, until: Micros | None) -> None:
        """Lays a scope's contacts down anew: what is decided next is decided on these."""
        if not self._recorder:
            self._shelf.desk.clear()
            self._loaded, self._scope = set(), None
        if until is not None or scope.ids is None:
            self._small("moved")
        self._need_scope(scope)
        if not self._recorder:
            self._loaded, self._scope = self._shelf.desk.contacts(), scope
            self._shelf.floor = max(self._shelf.floor, self._shelf.desk.last())

    def load_products(
        self, engine: Engine, catalogue: str | None = None, ids: Collection[str] | None = None
    ) -> str:
        """Puts the catalogue into the engine; it is fetched again only when it has changed."""
        self._small("setting", ("catalogue",))
        version = tables.setting(self._connection, "catalogue")
        if self._catalogue != version:
            self._small("product")
            self._catalogue = version
        return super().load_products(engine, catalogue, ids)

    def contact_of(self, alias: str, at: Micros | None = None) -> str | None:
        """The contact of an alias."""
        self._point([alias])
        if at is not None:
            self._small("moved", begins=alias_hash(self._shelf.install_key, alias))
        return super().contact_of(alias, at)

    def aliases_of(self, contact: str) -> list[str]:
        """The aliases of a contact, or of the one that it has merged into."""
        self._need([contact], events=False)
        return super().aliases_of(contact)

    def events_of(self, contact: str, until: Micros | None = None) -> list[tuple[Event, Micros]]:
        """A contact's log, or that of the one that it had merged into."""
        self._need([contact])
        if until is not None:
            self._small("moved")
        return super().events_of(contact, until)

    def shadows(self, destination: str, account: str, scope: Scope, read: Names = ALL) -> Columns:
        """A destination's shadows."""
        if scope != self._scope or self._recorder:
            self._need_scope(scope, events=False)
        return super().shadows(destination, account, scope, read)

    def count_shadows(self, destination: str, account: str) -> int:
        """How many contacts have not left a destination."""
        found = self._dynamo.query(f"N#{destination}/{account}")
        return sum(int(one["n"]) for one in found)

    def consent(self, contacts: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """What contacts agreed to."""
        self._need(contacts, events=False)
        return super().consent(contacts)

    def outbox_counts(self, plan: str) -> Mapping[tuple[str, str, str | None, bool], int]:
        """A plan's rows, counted."""
        return pages.counts(self._shelf, plan)

    def planned_rows(self, plan: str) -> int:
        """A plan's rows that are to be done."""
        counts = self.outbox_counts(plan)
        return sum(n for (_, state, _, _), n in counts.items() if state == "planned")

    def outbox(
        self, *, plan: str | None = None, destination: str | None = None,
        account: str | None = None, kinds: Sequence[str] = (),
        states: Sequence[OutboxState] = (), contacts: Sequence[str] = (),
        due_by: Micros | None = None, after: int = 0, most: int = 1000,
    ) -> list[OutboxRow]:  # fmt: skip
        """A page of outbox rows."""
        if contacts:
            self._need(contacts, events=False)
            found = super().outbox(
                plan=plan, destination=destination, account=account, kinds=kinds, states=states,
                contacts=contacts, due_by=due_by, after=after, most=most,
            )  # fmt: skip
            self._shelf.whose |= {one.id: one.contact for one in found}
            return found
        wanted = pages.Wanted(plan, destination, account, kinds, states, due_by, after)
        return pages.page(self._shelf, wanted, most)

    def due(self, until: Micros, most: int = 10_000) -> list[tuple[Micros, str, str, str]]:
        """Due rows."""
        return pages.due(self._shelf, until, most)

    def decisions_of(self, contact: str, until: Micros | None = None) -> list[dict[str, object]]:
        """A contact's decisions, those of contacts that merged into it among them."""
        self._need([contact], events=False)
        return super().decisions_of(contact, until)

    def facts(self, version: str) -> str | None:
        """A facts version."""
        self._small("facts", (version,))
        return super().facts(version)

    def facts_as_of(self, as_of: Micros) -> str | None:
        """The version of the facts of a moment."""
        self._small("facts", bodies=False)
        return super().facts_as_of(as_of)

    def playbook(self, hash: str) -> Mapping[str, str] | None:
        """A playbook's files."""
        self._small("playbook", (hash,))
        return super().playbook(hash)

    def plan(self, id: str) -> tuple[str, str] | None:
        """A plan's state and body."""
        self._small("plan", (id,))
        return super().plan(id)

    def plans(self) -> list[tuple[str, str, Micros]]:
        """All plans, oldest first."""
        self._small("plan", bodies=False)
        return super().plans()

    def waiting(self, most: int = 1000) -> list[tuple[int, str, str, str]]:
        """The inbox."""
        self._small("inbox", most=most)
        return super().waiting(most)

    def setting(self, name: str) -> str | None:
        """A small value."""
        self._small("setting", (name,))
        return super().setting(name)

    def tombstoned(self, aliases_: Iterable[str]) -> Mapping[str, Micros]:
        """When erased aliases were erased."""
        given = list(aliases_)
        self._point(given)
        return super().tombstoned(given)

    def erased(self, contact: str) -> Micros | None:
        """When a contact was erased, if it was."""
        self._need([contact], events=False)
        return super().erased(contact)

    def letters(self) -> Iterator[tuple[int, str, str, Micros]]:
        """What could not be processed, oldest first."""
        self._small("dead_letter")
        return super().letters()

    def export(self, contact: str) -> dict[str, object]:
        """Everything kept about a contact."""
        self._need([contact])
        return super().export(contact)

    @contextmanager
    def alone(self, place: str, who: str) -> Iterator[None]:
        """See `Leases`."""
        with self._leases.alone(place, who):
            yield
