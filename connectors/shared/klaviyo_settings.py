"""The settings of one Klaviyo account."""

import time
from collections.abc import Callable

from pydantic import ConfigDict, Field

from connectors.shared.addresses import Url
from connectors.shared.klaviyo_api import REVISION, Api, KlaviyoWire
from personalization.models import Frozen

ATTRIBUTES = ("first_name", "last_name", "city", "region", "country")


class Settings(Frozen):
    """`key` is a private API key. `attributes` are taken over as facts: a profile's own ones, a
    part of its location, or a custom property. Seconds: `timeout` a call, `patience` all waiting
    of one call, `overlap` read again before the furthest moment of the last pull, `look_up` until
    a send that does not show counts as not happened. `url` is another address, such as the
    sandbox's."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    key: str = Field(min_length=1, repr=False)
    url: Url = "https://a.klaviyo.com"
    revision: str = Field(default=REVISION, pattern=r"^\d{4}-\d\d-\d\d$")
    attributes: tuple[str, ...] = ATTRIBUTES
    timeout: float = Field(default=60, gt=0)
    patience: float = Field(default=180, ge=0)
    overlap: int = Field(default=60, ge=0)
    look_up: float = Field(default=120, ge=0)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time


def connected(account: str, given: Settings) -> Api:
    """The API of an account. Calls nothing yet."""
    wire = KlaviyoWire(f"klaviyo/{account}", given.timeout, given.patience, given.sleep)
    return Api(given.key, given.url, wire, given.revision)
