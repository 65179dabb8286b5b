"""What each field of a contact shows, from what, and where it is the fallback, why."""

import re
from collections.abc import Mapping
from typing import Any

from personalization.decide.output import Decided
from personalization.plan.session import Session
from personalization.playbook.model import Field, Playbook
from personalization.playbook.texts import TOO_LONG
from personalization.receipt.model import FieldLine
from personalization.receipt.words import scalar


def field_lines(run: Session, decided: Decided, shown: Mapping[str, str]) -> tuple[FieldLine, ...]:
    """Every field with its template and what it read."""
    values = {name: scalar(column[0]) for name, column in decided.traits.items()}
    values |= {name: bool(column[0]) for name, column in decided.segments.items()}
    values["stage"] = decided.stage[0]
    return tuple(
        FieldLine(
            name=field.name, template=template_of(run.playbook, field, decided),
            inputs=inputs(run, field, decided, values), value=decided.fields[field.name][0],
            fallback=bool(decided.reasons[field.name]), there=shown.get(field.name),
            reason=reason(field, decided),
        )
        for field in run.playbook.fields.values()
    )  # fmt: skip


def reason(field: Field, decided: Decided) -> str | None:
    """Why the field of the one contact shows its fallback; None where it does not."""
    why = next(iter(decided.reasons[field.name]), None)
    size = decided.overlong.get(field.name)
    if why == TOO_LONG and size:
        return f"{TOO_LONG}: {size.longest:,} bytes, and it holds {size.most:,}"
    return why


def inputs(
    run: Session, field: Field, decided: Decided, values: Mapping[str, Any]
) -> dict[str, Any]:
    """What the field's template reads, by the name it has there."""
    products = picked(run, field, decided)
    found: dict[str, Any] = {}
    for name in run.renderer.names(field.name, shown_message(field, decided)):
        place = re.fullmatch(r"picks\[(\d+)\]\.(\w+)", name)
        if place and int(place[1]) < len(products):
            found[name] = products[int(place[1])][place[2]]
        elif name == "picks":
            found[name] = [product["name"] for product in products]
        elif name == "message":
            found[name] = shown_message(field, decided)
        else:
            found[name] = values.get(name)
    return found


def shown_message(field: Field, decided: Decided) -> str | None:
    """The message that the field's slot shows."""
    return decided.slots[field.slot].message[0] if field.slot else None


def template_of(playbook: Playbook, field: Field, decided: Decided) -> str | None:
    """The template in force: the chosen message's, else the field's own."""
    message = shown_message(field, decided)
    given = playbook.messages[message].fields.get(field.name) if message else None
    return given or field.value


def picked(run: Session, field: Field, decided: Decided) -> list[Mapping[str, object]]:
    """The products that a field's slot carries."""
    if field.slot is None:
        return []
    products = run.goods.latest.products
    return [products[one] for one in decided.slots[field.slot].picks[0] if one in products]
