"""Any other channel as a destination: an SMS service, an app, a till, whatever takes a signed
webhook (Standard Webhooks, see `connectors/shared/standard_webhooks.py`). What it is told:
docs/receiver.md.

A receiver holds no records that could be pulled, so this is a `Mirror`: everyone counts as there
under the contact's own id, and a 2xx is the read-back. Nobody is created and nothing is agreed to
by being told of: whether a send is allowed is asked before it comes here.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from connectors.shared import receiver_calls as calls
from connectors.shared.addresses import Url
from connectors.shared.standard_webhooks import Clock, key_of
from connectors.shared.webhook import settings_of
from personalization.connector import (
    Cost,
    Finding,
    Limits,
    Outcome,
    Page,
    RemoteField,
    RemoteTag,
    Started,
)
from personalization.consent import Permit
from personalization.errors import ProductError, Retry, Stop
from personalization.mirror import About
from personalization.models import Frozen

CALL_SECONDS = 0.2
"""Assumed for estimates."""

URL = r"^(https://[^\s/]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/\S*)?$"
Alias = Annotated[str, Field(pattern=r"^[a-z0-9_]+(/[^\s:/]+)?$")]


class Settings(Frozen):
    """`url` takes every message; plain http only on this machine. `secret` is whsec_ and base64;
    with `old_secret` each message carries both signatures, while the receiver changes over.
    `channels` are those whose sends come here (none where left out). `aliases` are the connectors
    or accounts (`shopify`, `files/main`) whose ids of a contact are told, `email` whether the
    address is. `batch` is contacts in one message. `idempotent` says that the receiver takes each
    webhook-id once; where it does not, a send without an answer is listed as uncertain and never
    repeated. Seconds: `timeout` a call, `patience` all waiting of one call."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    url: Url = Field(pattern=URL)
    secret: str = Field(min_length=1, repr=False)
    old_secret: str | None = Field(default=None, min_length=1, repr=False)
    channels: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    email: bool = False
    batch: int = Field(default=100, ge=1, le=1_000)
    idempotent: bool = True
    timeout: float = Field(default=30, gt=0)
    patience: float = Field(default=120, ge=0)
    sleep: Callable[[float], None] = time.sleep
    clock: Clock = time.time


def destination(account: str, settings: Mapping[str, Any]) -> "Webhook":
    """The destination for one receiver. Calls nothing yet. Raises Stop for wrong settings."""
    checked = settings_of(Settings, "webhook", account, settings)
    try:
        keys = [key_of(one) for one in (checked.secret, checked.old_secret) if one]
    except Stop as wrong:
        raise Stop(f"webhook/{account}: {wrong}") from None
    return Webhook(account, checked, keys)


class Webhook:
    """A `personalization.connector.Mirror` over one receiver."""

    name = "webhook"
    mirror = True

    def __init__(self, account: str, settings: Settings, keys: Sequence[bytes]) -> None:
        self.account = account
        self.settings = settings
        self.channels = frozenset(settings.channels)
        self.aliases = tuple(f"{one}:" if "/" in one else f"{one}/" for one in settings.aliases)
        self.aliases += ("email:",) if settings.email else ()
        place = f"webhook/{account}"
        wire = calls.ReceiverWire(place, settings.timeout, settings.patience, settings.sleep)
        self.receiver = calls.Receiver(place, settings.url, keys, wire, settings.clock)
        self.limits = Limits(
            fields=10_000, field_name=r"[A-Za-z][A-Za-z0-9_]*", value_bytes=65_536,
            tag_chars=1_000, writes_per_call=settings.batch, tags_per_call=settings.batch,
        )  # fmt: skip

    def examine(self) -> Iterator[Finding]:
        """Sends a signed ping, which tells of nobody."""
        try:
            calls.ping(self.receiver)
        except (ProductError, calls.Rejected) as error:
            yield Finding(about="receiver", level="wrong", said=str(error),
                          remedy="It must answer a signed ping with 2xx.")  # fmt: skip
        else:
            yield Finding(about="receiver", level="good", said="answers a signed ping")

    def pull(self, cursor: str | None) -> Iterator[Page]:  # noqa: ARG002 - the contract's
        """Nothing: it keeps no records that we could read."""
        return iter(())

    def fields(self) -> list[RemoteField]:
        """None: a receiver has no columns to make."""
        return []

    def tags(self) -> list[RemoteTag]:
        """None."""
        return []

    def write(self, permits: Sequence[Permit]) -> Iterator[Started | Outcome]:
        """As `tell`, of contacts of whom nothing more is known."""
        for outcomes in self.tell(permits, {}):
            yield from outcomes

    def tell(
        self, permits: Sequence[Permit], about: Mapping[str, About]
    ) -> Iterator[tuple[Outcome, ...]]:
        """Carries out rows of one kind. Setup is accepted without a call."""
        kinds = {permit.row.kind for permit in permits}
        if len(kinds) > 1:
            raise ValueError("rows of one kind at a time")
        if "setup" in kinds:
            yield tuple(Outcome(row=one.row.id, result="accepted") for one in permits)
        elif "send" in kinds:
            yield from self.send(permits, about)
        else:
            for begin in range(0, len(permits), self.settings.batch):
                some = permits[begin : begin + self.settings.batch]
                yield from calls.changed(self.receiver, some, about)

    def send(
        self, permits: Sequence[Permit], about: Mapping[str, About]
    ) -> Iterator[tuple[Outcome, ...]]:
        """One call a send. Where sends must not be repeated and the receiver is out of reach, this
        one and those after it were not tried."""
        once = not self.settings.idempotent
        for number, one in enumerate(permits):
            try:
                outcome = calls.send(self.receiver, one, about, self.channels, once)
            except Retry as away:
                if once:
                    yield tuple(Outcome(row=left.row.id, result="untried", reason=str(away))
                                for left in permits[number:])  # fmt: skip
                raise
            yield (outcome,)

    def settle(self, reference: str) -> None:
        """Nothing to wait for: each call is done when it is answered."""

    def sent(self, permits: Sequence[Permit]) -> Mapping[int, bool | None]:
        """Whoever asks has no answer to the call. No, where sending again under the same
        webhook-id does nothing twice; else nobody knows."""
        answer = False if self.settings.idempotent else None
        return {one.row.id: answer for one in permits}

    def estimate(
        self, fields: int, tags: Mapping[str, tuple[int, int]], sends: int, setups: int
    ) -> Cost:
        """Calls and minutes; at most, since one contact's tags go together. Nothing is read."""
        del setups
        tagged = sum(sum(pair) for pair in tags.values())
        batch = self.settings.batch
        written = math.ceil(fields / batch) + math.ceil(tagged / batch) + sends
        return Cost(writes=written, reads=0, minutes=round(written * CALL_SECONDS / 60, 1))

    def snippet(self, field: str, fallback: str) -> str:
        """The field as Liquid, which most of those who send texts and pushes understand."""
        mark = "'" if '"' in fallback else '"'
        return f"{{{{ fields.{field} | default: {mark}{fallback}{mark} }}}}"

    def close(self) -> None:
        """Closes the kept connections."""
        self.receiver.wire.close()
