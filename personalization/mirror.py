"""A destination that is told and cannot be asked, such as a receiver of webhooks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from personalization.connector import Destination, Outcome
from personalization.consent import Permit
from personalization.models import Frozen


class About(Frozen):
    """What a mirror is told of a contact beside a row: the aliases that it asked for, the fields
    and tags that it took before, and the decisions behind the row: id, token, slot, message, and
    picks as product ids."""

    aliases: tuple[str, ...] = ()
    fields: Mapping[str, str] = {}
    segments: tuple[str, ...] = ()
    decisions: tuple[Mapping[str, Any], ...] = ()


class Mirror(Destination, Protocol):
    """A destination that is told and cannot be asked: it holds no records to pull, so everyone who
    is not erased counts as there, under the contact's own id, and what it accepted is read back
    thereby. It says so by `mirror = True`; `pull`, `fields` and `tags` give nothing. `aliases` are
    the beginnings of those that it wants to know contacts by."""

    aliases: Sequence[str]

    def tell(
        self, permits: Sequence[Permit], about: Mapping[str, About]
    ) -> Iterator[tuple[Outcome, ...]]:
        """As `write`, with what is known by contact. The outcomes of one call come at once and are
        kept before the next is made; none is `again`."""


def mirror(destination: Destination) -> Mirror | None:
    """The destination, if it is a mirror."""
    return cast(Mirror, destination) if getattr(destination, "mirror", False) else None
