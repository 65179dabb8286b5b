"""What goes for good with the fields and tags that a plan removes."""

from personalization.apply.holding import holders
from personalization.connector import Destination
from personalization.plan.report import Removal
from personalization.plan.setup import Setup
from personalization.store.protocol import Store


def removals(store: Store, destination: Destination, setup: Setup) -> tuple[Removal, ...]:
    """What a plan removes that contacts hold by the last pull. A renamed field is not among it: its
    values move."""
    moved = {old for old, _ in setup.rename}
    fields = [name for name in setup.drop_fields if name not in moved]
    held = holders(store, destination, fields, setup.drop_tags)
    found = [Removal(kind="field", name=name, contacts=held[name]) for name in fields]
    found += [Removal(kind="tag", name=name, contacts=held[name]) for name in setup.drop_tags]
    return tuple(one for one in found if one.contacts)
