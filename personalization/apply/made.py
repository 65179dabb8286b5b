"""Which fields and tags a destination is known to have, as its lists showed them: so that whoever
writes without making any knows what can be written, and asks for no list while all is there."""

import json
from collections.abc import Iterable

from personalization.connector import Destination
from personalization.models import OutboxRow
from personalization.store.protocol import Recorder, Store

KINDS = ("field", "tag")

Named = tuple[str, str]
"""("field" or "tag", name)"""


def name_of(destination: Destination) -> str:
    """The setting that holds them."""
    return f"made {destination.name}/{destination.account}"


def made_there(store: Store, destination: Destination) -> set[Named]:
    """What is known to be there."""
    kept = json.loads(store.setting(name_of(destination)) or "[]")
    return {(str(kind), str(name)) for kind, name in kept}


def keep_made(recorder: Recorder, destination: Destination, there: Iterable[Named]) -> None:
    """Keeps what is known to be there, instead of what was."""
    recorder.setting(name_of(destination), json.dumps(sorted(there)))


def after(there: set[Named], row: OutboxRow) -> set[Named]:
    """What is there once a setup row was confirmed."""
    added = {(kind, str(row.new[kind])) for kind in KINDS if kind in row.new}
    gone = {(kind, str(row.new[f"drop_{kind}"])) for kind in KINDS if f"drop_{kind}" in row.new}
    return (there | added) - gone
