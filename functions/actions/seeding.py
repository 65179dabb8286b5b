"""Writing previews to test contacts: a plan of its own, through the same outbox and permits."""

import json
from collections.abc import Sequence

from functions.actions.applying import apply
from functions.actions.previewing import Shown, seeds
from functions.shop import Shop
from personalization.apply.report import Applied
from personalization.connector import Destination
from personalization.errors import Stop
from personalization.models import Frozen, OutboxRow
from personalization.plan.previews import PREVIEW
from personalization.plan.report import FieldChange, PlanReport
from personalization.store.protocol import Scope


class Seeded(Frozen):
    """Which test contact shows whom, by id, and what applying it did."""

    plan: str
    seeds: dict[str, str]
    applied: Applied | None


def write_to(
    shop: Shop, destination: Destination, shown: Sequence[Shown], addresses: Sequence[str]
) -> Seeded:
    """Writes the first preview to the first test contact, and so on. Raises Stop where the fields
    are not in the destination yet."""
    people = seeds(shop, destination, addresses)
    lacking = set(shop.playbook.fields) - {field.name for field in destination.fields()}
    if lacking:
        raise Stop(f"the fields {', '.join(sorted(lacking))} are not in {destination.name} yet: "
                   "`ofone plan` and `ofone apply --first 1` create them")  # fmt: skip
    pairs = dict(zip(people, shown, strict=False))
    plan = f"{PREVIEW}{shop.store.watermark()}"
    rows = changed(shop, destination, plan, pairs)
    paired = {seed: one.contact for seed, one in pairs.items()}
    if not rows:
        return Seeded(plan=plan, seeds=paired, applied=None)
    with shop.store.record(shop.clock()) as recorder:
        recorder.outbox(rows)
        recorder.plan(plan, "ready", report(shop, destination, plan, rows).model_dump_json())
    return Seeded(plan=plan, seeds=paired, applied=apply(shop, plan))


def changed(
    shop: Shop, destination: Destination, plan: str, pairs: dict[str, Shown]
) -> list[OutboxRow]:
    """What differs on each test contact, as outbox rows."""
    kept = shop.store.shadows(
        destination.name, destination.account, Scope(ids=tuple(sorted(pairs)))
    )
    rows = []
    for seed, text in zip(kept["contact"], kept["values"], strict=True):
        old = json.loads(text)
        new = {name: value for name, value in pairs[seed].fields.items()
               if old.get(name, "") != value}  # fmt: skip
        if new:
            rows.append(OutboxRow(
                id=0, plan=plan, destination=destination.name, account=destination.account,
                contact=seed, kind="fields", old={name: old.get(name, "") for name in new}, new=new,
            ))  # fmt: skip
    return rows


def report(
    shop: Shop, destination: Destination, plan: str, rows: Sequence[OutboxRow]
) -> PlanReport:
    """The plan of a preview, so that it can be looked at and undone like any other."""
    names = sorted({name for row in rows for name in row.new})
    return PlanReport(
        id=plan, destination=destination.name, account=destination.account, now=shop.clock(),
        seen=shop.store.watermark(), playbook=shop.playbook.hash, facts="", catalogue="",
        contacts=len(rows), reachable=len(rows), absent=0, left_alone={}, arms={},
        rows=len(rows), written=len(rows), segments=(), stages={}, messages={}, decisions=0,
        fields=tuple(FieldChange(name=name, contacts=sum(name in row.new for row in rows),
                                 emptied=0, fallbacks=0, examples=()) for name in names),
        sends={}, cost=destination.estimate(len(rows), {}, 0, 0), create=(), rename=(), remove=(),
        unseen=(),
    )  # fmt: skip
