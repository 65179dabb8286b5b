"""What looks mistyped in the files of a shop, held against its playbook."""

from collections.abc import Iterable
from pathlib import Path

from connectors.shared.sheet_hints import Known, hints
from functions.settings import resolved
from functions.shop import Shop
from personalization.errors import ProductError
from personalization.models import BEHAVIOUR, FEEDBACK, PURCHASE
from personalization.playbook.model import Playbook

BUILT_IN = (*PURCHASE, *BEHAVIOUR, *FEEDBACK)


def hints_of(shop: Shop, account: str) -> tuple[str, ...]:
    """What looks mistyped in a folder; nothing where the settings cannot be read."""
    try:
        folder = resolved(shop.settings, "source", "files", account).get("folder")
    except ProductError:
        return ()
    return tuple(hints(Path(folder), known(shop))) if folder else ()


def known(shop: Shop) -> Known:
    """What the playbook reads; what is built in where it is wrong or cannot be found."""
    try:
        book: Playbook = shop.playbook
    except ProductError:
        return Known(kinds=BUILT_IN)
    read = [one.event for one in book.traits.values()]
    fired = [one for trigger in book.triggers.values() for one in (trigger.after, trigger.unless)]
    declared = [name.partition(".")[0] for name in book.properties]
    return Known(
        kinds=unique([*BUILT_IN, *read, *fired, *declared]),
        attributes=unique(one.prop or one.name for one in book.traits.values()
                          if one.kind == "attribute"),
        properties=unique(name.partition(".")[2] or name for name in book.properties),
    )  # fmt: skip


def unique(names: Iterable[str | None]) -> tuple[str, ...]:
    """Names, each once."""
    return tuple(dict.fromkeys(name for name in names if name))
