"""The settings of one HubSpot portal, the same for the destination and for the source over it; each
uses what it needs."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field

from connectors.shared.addresses import Url
from connectors.shared.hubspot_api import Api, HubSpotWire
from connectors.shared.hubspot_records import ATTRIBUTES
from connectors.shared.webhook import settings_of
from personalization.models import Frozen


class Portal(Frozen):
    """How the portal is reached. `token` is a private app's. Seconds: `timeout` a call, `patience`
    all waiting of one call, `lag` the most that search is late. `search_page` is 100 in older
    portals."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    token: str = Field(min_length=1, repr=False)
    url: Url = "https://api.hubapi.com"
    timeout: float = Field(default=60, gt=0)
    patience: float = Field(default=120, ge=0)
    lag: int = Field(default=60, ge=0)
    search_page: int = Field(default=200, ge=1, le=200)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time


class Settings(Portal):
    """`consent` names the subscription type behind a purpose by its id: who chose it has agreed,
    who left it or everything has opted out. `opted_in` is the id of a list of those who agreed to
    marketing, where one keeps such a list; it is read instead of the choices. `emails` names the
    single e-mail of each trigger that sends `by: email`. `attributes` are the contact properties
    that are taken over as facts. `group` is the property group, `folder` the id of the folder that
    new lists go into. `properties` is how many own properties the portal allows, `list_ids` how
    many ids are added or removed in a call (no cap is published). `look_up` is how many seconds
    pass until a send that does not show counts as not happened.

    Of the source: `purchases` are orders, won deals, or none; `products`, `carts`, `feedback`,
    `mail` (opens and clicks) and `visits` can each be left out. `history` is how many days of mail
    and visits the first pull goes back. `currency` is that of amounts that name none, else the
    portal's own."""

    consent: Mapping[str, int] = {}
    opted_in: int | None = None
    emails: Mapping[str, int] = {}
    attributes: tuple[str, ...] = ATTRIBUTES
    group: str = Field(default="segment_of_one", pattern=r"^[a-z][a-z0-9_]{0,99}$")
    folder: int | None = None
    properties: int = Field(default=1_000, ge=1)
    list_ids: int = Field(default=1_000, ge=1)
    look_up: float = Field(default=60, ge=0)
    purchases: Literal["orders", "deals", "none"] = "orders"
    products: bool = True
    carts: bool = True
    feedback: bool = True
    mail: bool = True
    visits: bool = False
    history: int = Field(default=365, ge=0)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")


def checked[S: Frozen](model: type[S], account: str, settings: Mapping[str, Any]) -> S:
    """Settings, checked. Raises Stop, naming what is wrong and no value."""
    return settings_of(model, "hubspot", account, settings)


def connected(account: str, portal: Portal) -> Api:
    """The client of a portal. Calls nothing yet."""
    place = f"hubspot/{account}"
    wire = HubSpotWire(place, portal.timeout, portal.patience, portal.sleep)
    return Api(portal.token, portal.url, wire)
