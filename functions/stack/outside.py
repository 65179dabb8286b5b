"""The deployed shop as somebody has it who works on it from outside, with their own AWS credentials:
the stack's store, secrets and queues, and the playbook and settings of this machine."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import cast

import connectors
from functions.cloud.clients import made
from functions.cloud.dynamo import Dynamo
from functions.cloud.objects import Objects
from functions.cloud.store import CloudStore, open_cloud
from functions.files import PLACE, bring
from functions.settings import Settings, read, resolved
from functions.shop import Away, Shop, playbook_folder
from functions.stack import dead, outlines, running
from functions.stack.clients import client
from functions.stack.deciding import order
from functions.stack.describing import Stack, describe
from functions.stack.orders import sent
from functions.stack.scratch import scratch
from functions.stack.trouble import explained
from functions.stack.vault import vault
from personalization.connector import Destination, Source
from personalization.errors import ProductError, Stop
from personalization.plan.session import engines
from personalization.playbook.load import load
from personalization.playbook.model import Playbook
from personalization.store.protocol import Store

Remark = Callable[[str], None]


@dataclass(frozen=True)
class OutsideShop(Shop):
    """A shop whose files are those that the stack's function reads. `bring` copies an account's and
    says where they are."""

    bring: Callable[[str], Path] = field(kw_only=True)

    def source(self, connector: str, account: str) -> Source:
        """As `Shop.source`."""
        if connector != "files":
            return super().source(connector, account)
        look_up = self.secrets("source", connector)
        given = resolved(self.settings, "source", connector, account, look_up)
        found = {**given, "folder": str(self.bring(account))}
        return cast(Source, connectors.find(connector).source(account, found))


@contextmanager
def open_stack(
    file: Path, name: str, playbook: Path | None = None, remark: Remark = lambda _: None
) -> Iterator[Shop]:
    """Opens the shop of a stack with the settings and the playbook of this machine; `playbook`
    instead of the settings'. `remark` is told how they differ from the deployed ones. What lies on
    this machine meanwhile is gone at the end. Raises Stop and Retry for whatever the account
    refuses, within the block too."""
    settings = read(file)
    with explained(), scratch() as folder:
        stack = describe(name)
        store = opened(stack, folder)
        try:
            shop = composed(settings, stack, store, folder, playbook)
            for line in compared(store, settings, shop, playbook is None):
                remark(f"{line}. Its functions go on with what is deployed: "
                       "`sam build && sam deploy` brings this there")  # fmt: skip
            yield shop
        finally:
            store.close()


def opened(stack: Stack, folder: Path) -> CloudStore:
    """The stack's store. The key that contact ids are hashed with is minted here only where no
    function ever ran."""
    dynamo, s3 = made()
    return open_cloud(
        Dynamo(dynamo, stack.output("Table")), Objects(s3, stack.output("Bucket")),
        secrets.token_hex(32), folder, stack.clock,
    )  # fmt: skip


def composed(
    settings: Settings, stack: Stack, store: CloudStore, folder: Path, playbook: Path | None
) -> Shop:
    """The shop's parts together."""
    shop = OutsideShop(
        settings, cast(Store, store), engines(folder, settings.threads, settings.memory),
        cache(lambda: load(playbook or playbook_folder(settings))),
        wall=stack.clock, secrets=vault(stack), bring=partial(brought, stack, folder),
    )  # fmt: skip
    return replace(shop, away=Away(
        hand_on=partial(hand_on, stack, shop),
        pulled=lambda destination: outlines.keep(shop.store, destination, shop.clock()),
        dead=lambda: dead.listed(stack, shop),
        back=lambda: dead.back(stack, shop.clock()),
    ))  # fmt: skip


def brought(stack: Stack, folder: Path, account: str) -> Path:
    """A folder with what lies in the bucket for an account of files."""
    place = folder / PLACE / account
    bring(client("s3"), stack.output("Bucket"), f"{PLACE}{account}/", place)
    return place


def hand_on(
    stack: Stack, shop: Shop, destination: Destination, plan: str, playbook: Playbook
) -> None:
    """Lays an approved plan into the queue of the function that applies there, under the limits of
    the playbook that it was made with. Only that function makes it ready, once it is alone there:
    the run of a minute would take the place of a plan that is ready and waits."""
    queue = stack.part(destination.name, "Queue")
    if queue is None:
        raise Stop(f"stack {stack.name} has no function that applies to {destination.name}")
    what = order(replace(shop, read_playbook=lambda: playbook), destination, plan)
    sent(stack.outputs[queue], stack.output("Bucket"), destination, {**what, "approved": True})


def compared(
    store: Store | CloudStore, settings: Settings, shop: Shop, playbook: bool
) -> Iterator[str]:
    """How what is here differs from what the stack runs with, if any of its functions has said."""
    found = running.kept(cast(Store, store))
    if found is None:
        return
    try:
        book = shop.playbook.hash if playbook else found.playbook
    except ProductError:
        book = found.playbook  # whoever needs it is told what is wrong with it
    here = running.Running(at=0, playbook=book, settings=running.digests(settings))
    yield from running.differences(found, here)
