"""Into the store with what a call says: one transaction, before the call is answered.

Events go into the inbox, as they were read; the next round of work takes them into the log, where
their keys make every order and repetition come to the same. Products, letters and erasures are
done at once. An erasure is more than a row: the person leaves every table and file of the store.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter

from personalization.connector import Received
from personalization.models import Event, Micros
from personalization.plan.arrivals import arrivals
from personalization.plan.tick import take_in
from personalization.store.protocol import Recorder, Store

EVENTS = TypeAdapter(Sequence[Event])
NOTHING_TO_TAKE = "[]"
"""The body of a letter that only tells a person something: tried again, it is gone."""


def keep(store: Store, connector: str, account: str, found: Received, now: Micros) -> None:
    """Keeps what a call says. Raises Retry while another process writes for long. Before somebody
    is erased, what waits is taken in: it may say by what other names they are known."""
    if found.erase:
        take_in(store, now)
    with store.record(now) as recorder:
        put(store, recorder, (connector, account), found, now)


def put(
    store: Store, recorder: Recorder, at: tuple[str, str], found: Received, now: Micros
) -> None:  # fmt: skip
    """What a call says, within a transaction. Who is to be erased is made known first, or nothing
    would stop what comes of them later."""
    place = "/".join(at)
    recorder.products(found.products)
    for row in found.set_aside:
        recorder.dead_letter(row.body, f"{place}: {row.reason}")
    if found.erase:
        recorder.due(arrivals(recorder.ingest(found.events).contacts, now))
    elif found.events:
        recorder.accept(*at, EVENTS.dump_json(found.events).decode())
    for alias in found.erase:
        erase(store, recorder, place, alias)
    if found.asked:
        recorder.dead_letter(NOTHING_TO_TAKE, asking(store, place, found.asked))
    if found.left:
        recorder.setting(leaving(place), "yes")
    if found.pull:
        recorder.setting(stale(place), "yes")


def erase(store: Store, recorder: Recorder, place: str, alias: str) -> None:
    """Erases a person, and tells the operator what is left to do. Asked again, nothing is left."""
    contact = store.contact_of(alias)
    if contact is None:
        return
    recorder.forget(contact)
    recorder.dead_letter(NOTHING_TO_TAKE, f"{place}: contact {contact} was erased here, as was "
                         "asked. Delete them in your destinations too")  # fmt: skip


def asking(store: Store, place: str, aliases: Sequence[str]) -> str:
    """Somebody asks what is kept of them, as the operator reads it."""
    known = next((found for one in aliases if (found := store.contact_of(one))), None)
    if known is None:
        return f"{place}: somebody asks what is kept of them: nothing is"
    return f"{place}: contact {known} asks what is kept of them: `ofone export {known}` prints it"


def stale(place: str) -> str:
    """The setting that says that a destination holds something new."""
    return f"door pull {place}"


def leaving(place: str) -> str:
    """The setting that says that a whole outside shop is to be erased."""
    return f"door erase {place}"
