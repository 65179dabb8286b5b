"""The same events at home, for `e2e.py`: an embedded store, another sandbox, the same commands, at the
moment that the deployed run worked as of. What both stores say must be the same bytes."""

import json
import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

from e2e_grocery import members, shown
from e2e_shop import KEY, prepared
from e2e_stack import Stack

from connectors.sandbox.server import Running, running
from functions.actions.applying import apply
from functions.actions.planning import plan
from functions.actions.pulling import pull_all
from functions.cloud.dynamo import Dynamo
from functions.cloud.objects import Objects
from functions.cloud.store import CloudStore, open_cloud
from functions.shop import open_shop
from personalization.engine import Engine
from personalization.models import Micros
from personalization.plan.report import PlanReport
from personalization.store.embedded import INSTALL_KEY, EmbeddedStore, open_store
from personalization.store.protocol import Scope
from tests.deploy.laid import SECRET
from tests.functions.portal import TOKEN

SAID = {
    "contacts": "SELECT id, attributes, consent, zone, zone_from, language, arm, mixed "
                "FROM contacts ORDER BY id",
    "events": "SELECT * EXCLUDE (recorded_at) FROM events ORDER BY key",
    "decisions": "SELECT contact, slot, message, picks, hour, channel, probabilities, playbook, "
                 "facts FROM standing ORDER BY contact, slot",
    "segments": "SELECT contact, list_sort(json_keys(segments)) FROM memberships ORDER BY contact",
    "sends": "SELECT * FROM sends ORDER BY key",
}  # fmt: skip
"""Everything but when it was written down: a queue and a clock of every minute have their own
moments for that, which here are one."""


def opened(stack: Stack, folder: Path) -> CloudStore:
    """The deployed store, as `ofone --stack` has it."""
    return open_cloud(
        Dynamo(stack.client("dynamodb"), stack.outputs["Table"]),
        Objects(stack.client("s3"), stack.outputs["Bucket"]), "has one", folder,
    )  # fmt: skip


def same_bytes(
    away: CloudStore, sandbox: Running, files: Path, plans: list[str], now: str
) -> str:  # fmt: skip
    """Runs it all at home and compares; returns what was compared. `now` is when the sandbox's
    clock stood still. Raises AssertionError with what differs."""
    with tempfile.TemporaryDirectory() as name, running() as other:
        place = Path(name).resolve()
        reports = [PlanReport.model_validate_json(away.plan(one)[1]) for one in plans]
        shop = prepared(place / "home", other, True, now)
        (place / "home" / "export").symlink_to(files)
        members(files, other, now)
        at = max(one.now for one in reports)
        at_home(shop.folder / "ofone.toml", str(away.setting(INSTALL_KEY)), reports)
        with open_store(place / "home" / ".ofone") as home:
            compared = said(away, at) | {"audience": shown(sandbox)}
            expected = said(home, at) | {"audience": shown(other)}
        for what, rows in expected.items():
            difference(what, compared[what], rows)
        return ", ".join(f"{len(rows)} {what}" for what, rows in compared.items())


def at_home(file: Path, key: str, reports: list[PlanReport]) -> None:
    """The commands of a first day."""
    folder = file.parent / ".ofone"
    folder.mkdir()
    open_store(folder, key).close()
    known = {"HUBSPOT_TOKEN": TOKEN, "MAILCHIMP_KEY": KEY, "SHOPIFY_SECRET": SECRET}
    with mock.patch.dict(os.environ, known):
        for number, report in enumerate(reports):
            with open_shop(file, report.now) as shop:
                if not number:
                    pull_all(shop)
                made = plan(shop, shop.destination(f"{report.destination}/{report.account}"))
                assert made.facts == report.facts, (made.facts, report.facts)
                assert made.written == report.written, (made.written, report.written)
                apply(shop, made.id)


def said(store: EmbeddedStore, now: Micros) -> dict[str, Any]:
    """All that a store says."""
    with Engine([store.folder], threads=2) as engine:
        store.load(engine, Scope(), now)
        return {what: [list(row) for row in engine.rows(query)] for what, query in SAID.items()}


def difference(what: str, one: Any, other: Any) -> None:
    """Raises AssertionError with the first row that differs."""
    texts = [json.dumps(rows, sort_keys=True, default=str) for rows in (one, other)]
    if sha256(texts[0].encode()).digest() == sha256(texts[1].encode()).digest():
        return
    rows = [{json.dumps(row, sort_keys=True, default=str) for row in
             (part if isinstance(part, list) else part.items())} for part in (one, other)]  # fmt: skip
    raise AssertionError(f"{what} differ: {len(rows[0] - rows[1])} of {len(rows[0])} deployed, "
                         f"{len(rows[1] - rows[0])} of {len(rows[1])} at home, such as\n"
                         f"{sorted(rows[0] - rows[1])[:2]}\n{sorted(rows[1] - rows[0])[:2]}")  # fmt: skip
