"""One webhook call: verified on its raw bytes, read, kept, and only then answered.

Plain functions over what they are given, so that a server, a Lambda and a test run the same. A
call that is verified and cannot be read is kept with its reason and answered well: the sender
would only send the same again.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from connectors.shared.signatures import Refused
from functions.door.answers import NOT_FOUND, TOO_LARGE, UNAUTHORISED, Answer, later, not_allowed
from functions.door.answers import said as answer
from functions.door.telling import Line, Say, delivery_of
from personalization.connector import Received, Request, SetAside, Webhook
from personalization.errors import Retry, Skip

Hooks = Mapping[tuple[str, str], Webhook]
"""By connector and account."""

Keep = Callable[[str, str, Received, int], None]
"""Makes what a call says durable: (connector, account, heard, received at). Raises Retry."""

SEEN_BY_GET = ("GET", "HEAD")
SECRET_WORDS = ("signature", "hmac", "authorization", "cookie", "secret", "token", "key")


@dataclass(frozen=True)
class Ear:
    """All that hearing needs."""

    hooks: Hooks
    keep: Keep
    say: Say

    @property
    def most_bytes(self) -> int:
        """The largest body that any of the hooks takes; each looks again for itself."""
        return max((hook.most_bytes for hook in self.hooks.values()), default=0)


def hear(ear: Ear, connector: str, account: str, request: Request) -> Answer:
    """Answers one call. What it says is durable when this returns 200."""
    hook = ear.hooks.get((connector, account))
    if hook is None:
        return NOT_FOUND
    asked = "GET" if request.method in SEEN_BY_GET else request.method
    if asked not in hook.methods:
        return not_allowed(*hook.methods)
    try:
        hook.verify(request.model_copy(update={"method": asked}))
    except Refused as refused:
        note(ear, connector, account, request, outcome=f"refused: {refused.reason}")
        return TOO_LARGE if refused.reason == "too large" else UNAUTHORISED
    except Skip:
        note(ear, connector, account, request, outcome="refused")
        return UNAUTHORISED
    if asked == "GET":
        return answer(200, "ready")
    return kept(ear, hook, request)


def kept(ear: Ear, hook: Webhook, request: Request) -> Answer:
    """Keeps what a verified call says, and answers."""
    found = read(hook, request)
    try:
        ear.keep(hook.name, hook.account, found, request.received_at)
    except Retry as problem:
        note(ear, hook.name, hook.account, request, found, "not kept: the store is busy")
        return later(problem.after)
    outcome = f"kept, {len(found.set_aside)} set aside" if found.set_aside else "kept"
    note(ear, hook.name, hook.account, request, found, outcome)
    return answer(200, "kept")


def read(hook: Webhook, request: Request) -> Received:
    """What a verified call says. One that cannot be read is set aside whole, to be read again."""
    try:
        return hook.parse(request)
    except Skip as reason:
        why = str(reason)
    except Exception as error:  # noqa: BLE001  verified is verified: a mistake of ours loses no call
        why = f"reading it failed: {type(error).__name__}"
    place = f"{hook.name}/{hook.account}"
    return Received(set_aside=(SetAside(place=place, reason=why, body=letter(hook, request)),))


def letter(hook: Webhook, request: Request) -> str:
    """A call as it is kept to be read again: without anything that proves who sent it."""
    headers = {name: value for name, value in request.headers.items()
               if not any(word in name.lower() for word in SECRET_WORDS)}  # fmt: skip
    url = "" if hook.secret_url else request.url.partition("?")[0]
    # Erasing a person looks for their address in letters: `seen` has it as people write it.
    call = {"url": url, "headers": headers, "received_at": request.received_at,
            "base64": base64.b64encode(request.body).decode(),
            "seen": unquote_plus(request.body.decode("utf-8", "replace"))}  # fmt: skip
    return json.dumps({"webhook": call}, ensure_ascii=False)


def opened(text: str) -> Request | None:
    """A call that was kept as a letter; None for any other text."""
    if not text.startswith('{"webhook":'):
        return None
    call = json.loads(text)["webhook"]
    return Request(method="POST", url=call["url"], headers=call["headers"],
                   body=base64.b64decode(call["base64"]), received_at=call["received_at"])  # fmt: skip


def note(
    ear: Ear, connector: str, account: str, request: Request, found: Received | None = None,
    outcome: str = "",
) -> None:  # fmt: skip
    """Says what became of a call."""
    ear.say(Line(
        at=request.received_at, what="webhook", place=f"{connector}/{account}",
        delivery=delivery_of(found.delivery) if found else "",
        count=len(found.events) + len(found.products) if found else None, outcome=outcome,
    ))  # fmt: skip
