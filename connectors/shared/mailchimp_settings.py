"""What the settings of a Mailchimp account may say, and the clients that are made of them."""

import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from connectors.shared.addresses import Url
from connectors.shared.http import Wire
from connectors.shared.mailchimp_api import Api
from connectors.shared.mailchimp_mail_api import MailApi, MailWire
from connectors.shared.webhook import settings_of
from personalization.errors import Stop
from personalization.models import Frozen

Step = Annotated[str, Field(pattern=r"^[0-9]+/[0-9]+$")]
Slug = Annotated[str, Field(min_length=1)]
Agreed = Annotated[str, Field(pattern=r"^[a-z_]+ [a-z_]+$")]
TRANSACTIONAL = "https://mandrillapp.com/api/1.0"


class Account(Frozen):
    """What destination and source have in common. `list` is the audience's id; `key` the API key.
    `server` is the data centre, else taken from the key's end; `url` replaces the whole address of
    the API. Seconds: `timeout` a call, `patience` all waiting of one call, `deadline` a job,
    `overlap` read again before the furthest moment of a pull."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    list: str = Field(min_length=1, pattern=r"^[A-Za-z0-9]+$")
    key: str = Field(min_length=1, repr=False)
    url: Url | None = None
    server: str | None = Field(default=None, pattern=r"^[a-z]+[0-9]+$")
    timeout: float = Field(default=120, gt=0)
    patience: float = Field(default=120, ge=0)
    deadline: float = Field(default=900, gt=0)
    overlap: int = Field(default=0, ge=0)
    sleep: Callable[[float], None] = time.sleep

    def host(self) -> str:
        """Where the API is."""
        server = self.server or self.key.rpartition("-")[2]
        return self.url or f"https://{server}.api.mailchimp.com/3.0"


class Settings(Account):
    """A destination's. `bulk` "post" writes fields by POST /lists (see `writes.post_fields`).
    `fields` is how many merge fields the plan allows. `permissions` says which marketing
    permission, by its id, is consent to what: {"2a4819ebc7": "email marketing"}. By trigger:
    `journeys` the step that it starts, "journey/step"; `emails` the slug of its template, which
    goes out by the transactional API (`transactional_key`, `transactional_url`), from
    `sender_email` and `sender_name` where the template names nobody."""

    bulk: Literal["batches", "post"] = "batches"
    fields: int = Field(default=30, ge=1)
    permissions: Mapping[str, Agreed] = {}
    journeys: Mapping[str, Step] = {}
    emails: Mapping[str, Slug] = {}
    transactional_key: str | None = Field(default=None, min_length=1, repr=False)
    transactional_url: Url = TRANSACTIONAL
    sender_email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    sender_name: str | None = None
    clock: Callable[[], float] = time.time

    def sender(self) -> dict[str, str]:
        """From whom e-mails come, as far as the settings say."""
        said = {"from_email": self.sender_email, "from_name": self.sender_name}
        return {name: value for name, value in said.items() if value}


def settings_for[S: Account](model: type[S], account: str, given: Mapping[str, Any]) -> S:
    """Settings, checked. Raises Stop, naming what is wrong and no value."""
    checked = settings_of(model, "mailchimp", account, given)
    if not (checked.url or checked.server or "-" in checked.key):
        raise Stop(f"mailchimp/{account}: the key names no data centre. Set server, such as us6.")
    return checked


def api_of(place: str, settings: Account) -> Api:
    """The Marketing API of one audience."""
    wire = Wire(place, settings.timeout, settings.patience, settings.sleep)
    return Api(settings.key, settings.host(), settings.list, wire)


def mail_of(place: str, settings: Settings) -> MailApi | None:
    """The transactional API, where the settings have a key for it."""
    if settings.transactional_key is None:
        return None
    wire = MailWire(place, settings.timeout, settings.patience, settings.sleep)
    return MailApi(settings.transactional_key, settings.transactional_url, wire)
