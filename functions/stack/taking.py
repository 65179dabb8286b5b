"""From the queue into the log: parcels are opened, their events folded into contacts, and who they
are about becomes due, all in one transaction where nothing is wrong with any of them."""

from collections.abc import Sequence

from functions.door.keeping import NOTHING_TO_TAKE, asking, keep, leaving, stale
from functions.stack.parcels import Parcel
from personalization.models import Micros
from personalization.plan.arrivals import arrivals
from personalization.plan.tick import take_in
from personalization.store.protocol import Store


def take(store: Store, parcels: Sequence[Parcel], now: Micros) -> set[str]:
    """Takes parcels into the log; returns the contacts touched. Those that ask for an erasure are
    kept one by one, in their order, as at home. Raises what the store raises, and then nothing
    of a transaction is there."""
    touched: set[str] = set()
    plain = [one for one in parcels if not one.heard.erase]
    if plain:
        with store.record(now) as recorder:
            events = [event for one in plain for event in one.heard.events]
            touched.update(recorder.ingest(events).contacts)
            recorder.products([product for one in plain for product in one.heard.products])
            for one in plain:
                place = f"{one.connector}/{one.account}"
                for row in one.heard.set_aside:
                    recorder.dead_letter(row.body, f"{place}: {row.reason}")
                if one.heard.asked:
                    recorder.dead_letter(NOTHING_TO_TAKE, asking(store, place, one.heard.asked))
                if one.heard.left:
                    recorder.setting(leaving(place), "yes")
                if one.heard.pull:
                    recorder.setting(stale(place), "yes")
            recorder.due(arrivals(touched, now))
    for one in parcels:
        if one.heard.erase:
            keep(store, one.connector, one.account, one.heard, now)
            touched |= take_in(store, now)[0]
    return touched
