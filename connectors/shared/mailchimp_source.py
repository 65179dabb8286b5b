"""Mailchimp as a source: purchases of the connected stores, exposures and activity of campaigns,
and survey answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from pydantic import Field

from connectors.shared import mailchimp_activity as activity
from connectors.shared import mailchimp_commerce as commerce
from connectors.shared import mailchimp_surveys as surveys
from connectors.shared.mailchimp_api import Api
from connectors.shared.mailchimp_examine import examine_source
from connectors.shared.mailchimp_settings import Account
from connectors.shared.pulling import Piece, Pull, States, Told
from connectors.shared.webhook import Json
from connectors.shared.webhook_events import Place
from personalization.connector import Finding

Part = Literal["products", "customers", "orders", "carts", "campaigns", "surveys"]
ALL: tuple[Part, ...] = ("products", "customers", "orders", "carts", "campaigns", "surveys")


class Bringing(Account):
    """A source's. `parts` is what to bring: leave out orders, carts and products where the shop
    itself is a source, so that nothing counts twice. `days`: opens and clicks are looked for in
    campaigns that were sent so many days before the newest."""

    parts: tuple[Part, ...] = ALL
    days: int = Field(default=30, ge=1)


@dataclass
class MailchimpSource(Pull):
    """A `Pull` that can also look at its account."""

    look: Callable[[], Iterator[Finding]] = field(default=lambda: iter(()))

    def examine(self) -> Iterator[Finding]:
        """What the account lacks."""
        return self.look()


def source(account: str, settings: Bringing, api: Api) -> MailchimpSource:
    """The source over one audience."""
    place = Place("mailchimp", account)

    def read(walk: str, row: Json) -> Told:
        if walk == activity.WALK:
            return list(activity.events(place, row))
        if walk == surveys.WALK:
            return list(surveys.events(place, row))
        return list(commerce.READERS[walk](place, row))

    return MailchimpSource(
        "mailchimp", account, partial(walks, api, settings), read, api.wire.close,
        partial(examine_source, api, settings.parts),
    )  # fmt: skip


def walks(api: Api, settings: Bringing, states: States) -> Iterator[Piece]:
    """Everything that the settings ask for."""
    kinds = tuple(part for part in settings.parts if part in commerce.KINDS)
    if kinds:
        yield from commerce.walk(api, kinds, states)
    if "campaigns" in settings.parts:
        yield from activity.walk(api, settings.days, settings.overlap, states)
    if "surveys" in settings.parts:
        yield from surveys.walk(api, settings.deadline, states)
