"""What the stack runs with: its playbook and its settings, as its deciding functions write them into
the store when one of them starts. Whoever works on the stack with files of their own compares."""

from collections.abc import Iterator
from contextlib import suppress

from functions.settings import TABLES, Settings, tables
from personalization.errors import ProductError
from personalization.hashing import canonical, digest
from personalization.models import Frozen, Micros
from personalization.playbook.model import Playbook
from personalization.store.protocol import Store

NAME = "deployed"
"""The setting of the store."""


class Running(Frozen):
    """`at` is when the function started; `settings` a digest of each table of `ofone.toml`."""

    at: Micros
    playbook: str
    settings: dict[str, str]


def running(settings: Settings, playbook: Playbook, now: Micros) -> Running:
    """What runs with these."""
    return Running(at=now, playbook=playbook.hash, settings=digests(settings))


def digests(settings: Settings) -> dict[str, str]:
    """A digest of each table. Where things are on a machine is no difference: the playbook's
    folder, the store, its memory."""
    found = {f"{kind}.{connector}.{account}": digest(canonical(given)) for kind in TABLES
             for connector, accounts in tables(settings, kind).items()
             for account, given in accounts.items()}  # fmt: skip
    return {**found, "serve": digest(canonical(settings.serve.model_dump())),
            "now": digest(settings.now or "")}  # fmt: skip


def keep(store: Store, one: Running) -> None:
    """Writes it down. That it could not be is no reason to stop any work."""
    with suppress(ProductError), store.record(one.at) as recorder:
        recorder.setting(NAME, one.model_dump_json())


def kept(store: Store) -> Running | None:
    """What was written down last."""
    text = store.setting(NAME)
    return Running.model_validate_json(text) if text else None


def differences(found: Running, here: Running) -> Iterator[str]:
    """How the files of this machine differ from what the stack runs with."""
    if found.playbook != here.playbook:
        yield "the playbook here is not the deployed one"
    names = sorted({*found.settings, *here.settings})
    other = [one for one in names if found.settings.get(one) != here.settings.get(one)]
    if other:
        yield f"ofone.toml here is not the deployed one in {', '.join(other)}"
