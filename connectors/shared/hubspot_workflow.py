"""The action "Personalize" in HubSpot's workflows: a contact comes to it, and it answers with what
was chosen for them, so that a marketer branches on it.

Facts (the pages "Custom workflow actions" and "Custom action reference", and the description of
automation actions version 4): an app registers a definition; each execution is a POST, signed with
version 2 (hex SHA-256 of client secret, method, address and body; no time in it, so a call can come
again and `callback` is what makes it one). Who cannot answer in time answers BLOCK, and completes
the callback later. HubSpot waits `TIMELY` seconds (told of workflow webhooks, unverified for
actions), a blocked execution `EXPIRES`. A 4xx ends the execution as failed, 429 and 5xx are tried
again (unverified how often).
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from pydantic import Field

from connectors.shared.hubspot_api import Refused
from connectors.shared.hubspot_settings import Portal, connected
from connectors.shared.signatures import Refused as Unsigned
from connectors.shared.signatures import fits, needed, same
from connectors.shared.webhook import id_at, json_of, object_of, text_at
from connectors.shared.webhook_events import Place, alias_of
from personalization.connector import Request
from personalization.errors import Skip, Stop
from personalization.models import Frozen

TIMELY = 20.0
EXPIRES = "P1D"
SLOT = "slot"
OUTPUTS = {
    "message": "Message chosen",
    "stage": "Stage of the journey",
    "product": "First product picked",
    "personal": "Personal choice (yes or no)",
}
"""What an execution gives to the steps after it, with the label of each; all text, "" for none."""
LABEL = "Personalize"
DEFINITIONS = "/automation/v4/actions"


class Settings(Portal):
    """`secret` is the app's client secret, `old_secret` valid beside it while it is changed;
    `token` one of the app's for this portal, for completing. `app` and `developer_key` are needed
    to register the action. `portal` is the portal's id; calls for another one are refused.
    `most_bytes` is the largest body that is taken."""

    secret: str = Field(min_length=1, repr=False)
    old_secret: str | None = Field(default=None, min_length=1, repr=False)
    app: int | None = None
    developer_key: str | None = Field(default=None, min_length=1, repr=False)
    portal: int | None = None
    most_bytes: int = Field(default=1_000_000, ge=1)


class Asked(Frozen):
    """What one execution asks: which slot, for whom. `callback` names the execution: asked again
    with the same one, give the same answer."""

    alias: str
    slot: str
    callback: str


class Workflow:
    """The action in one portal: `verify`, `parse`, then `answer` now, or `wait` and `complete`
    later."""

    def __init__(self, account: str, settings: Settings) -> None:
        self.place = Place("hubspot", account)
        self.settings = settings
        self.api = connected(account, settings)

    def verify(self, request: Request) -> None:
        """Raises Skip, saying why, unless the raw bytes are signed. Parses nothing."""
        fits(request, self.settings.most_bytes)
        version = needed(request, "X-HubSpot-Signature-Version")
        if version != "v2":
            raise Unsigned("malformed header")
        given = needed(request, "X-HubSpot-Signature")
        told = f"{request.method}{request.url}".encode() + request.body
        secrets = [one for one in (self.settings.secret, self.settings.old_secret) if one]
        same([given], (sha256(one.encode() + told).hexdigest() for one in secrets))

    def parse(self, request: Request) -> Asked:
        """What a verified call asks. Raises Skip for what is no contact's execution."""
        body = object_of(json_of(request))
        origin = object_of(body.get("origin"), "origin")
        object_ = object_of(body.get("object"), "object")
        inputs = object_of(body.get("inputFields") or {}, "inputFields")
        wanted = self.settings.portal
        if wanted is not None and text_at(origin, "portalId") != str(wanted):
            raise Skip("the call is of another portal")
        if text_at(object_, "objectType") not in ("CONTACT", "0-1"):
            raise Skip("the action is for contacts only")
        return Asked(
            alias=alias_of(self.place, id_at(object_, "objectId")),
            slot=id_at(inputs, SLOT), callback=id_at(body, "callbackId"),
        )  # fmt: skip

    def answer(self, outputs: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """(status, JSON body) of an answer given at once."""
        return 200, {"outputFields": {**told(outputs), "hs_execution_state": "SUCCESS"}}

    def wait(self) -> tuple[int, dict[str, Any]]:
        """(status, JSON body) that lets the contact wait here until `complete`."""
        state = {"hs_execution_state": "BLOCK", "hs_expiration_duration": EXPIRES}
        return 200, {"outputFields": state}

    def fail(self, reason: str) -> tuple[int, dict[str, Any]]:
        """(status, JSON body) of an execution that cannot be: the contact goes on without it.
        `reason` names no person."""
        state = {"hs_execution_state": "FAIL_CONTINUE", "errorCode": reason}
        return 200, {"outputFields": {**told({}), **state}}

    def complete(self, callback: str, outputs: Mapping[str, str]) -> bool:
        """Lets a waiting contact go on. False where nobody waits any more: completed before,
        or expired."""
        body = {"outputFields": {**told(outputs), "hs_execution_state": "SUCCESS"},
                "typedOutputs": {}}  # fmt: skip
        try:
            self.api.call(self.api.callbacks.complete, callback, body)
        except Refused as no:
            if no.status != 404:
                raise Stop(f"{self.place}: a callback cannot be completed: {no.said}") from None
            return False
        return True

    def register(self, url: str, slots: Sequence[str]) -> str:
        """Registers the action at that address, or changes the one that is there to it; its id.
        Raises Stop where the app is not named or the definition is refused."""
        app, key = self.settings.app, self.settings.developer_key
        if app is None or key is None:
            raise Stop(f"{self.place}: to register the action, set app and developer_key")
        path, body = f"{DEFINITIONS}/{app}", definition(url, slots)
        try:
            rows = self.api.raw("GET", path, hapikey=key, limit=100).get("results") or ()
            ours = [str(row["id"]) for row in rows if name_of(row) == LABEL]
            if ours:
                changes = {name: part for name, part in body.items() if name != "functions"}
                self.api.raw("PATCH", f"{path}/{ours[0]}", changes, hapikey=key)
                return ours[0]
            return str(self.api.raw("POST", path, body, hapikey=key)["id"])
        except Refused as no:
            raise Stop(f"{self.place}: the action cannot be registered: {no.said}") from None

    def close(self) -> None:
        """Closes the kept connections."""
        self.api.wire.close()


def told(outputs: Mapping[str, str]) -> dict[str, str]:
    """All outputs, those not given as ""."""
    return {name: str(outputs.get(name) or "") for name in OUTPUTS}


def name_of(row: Mapping[str, Any]) -> str | None:
    """What a definition is called."""
    return text_at(row, "labels", "en", "actionName")


def definition(url: str, slots: Sequence[str]) -> dict[str, Any]:
    """The action's definition: one input, the slot, out of those that the playbook has."""
    options = [{"label": one.replace("_", " ").capitalize(), "value": one, "displayOrder": n}
               for n, one in enumerate(slots)]  # fmt: skip
    labels = {
        "actionName": LABEL, "actionCardContent": f"{LABEL} {{{{{SLOT}}}}}",
        "actionDescription": "Asks what is chosen for this contact",
        "inputFieldLabels": {SLOT: "Slot"}, "outputFieldLabels": dict(OUTPUTS),
        "inputFieldDescriptions": {SLOT: "The place whose choice is asked for"},
    }  # fmt: skip
    return {
        "actionUrl": url, "published": True, "functions": [], "objectTypes": ["CONTACT"],
        "labels": {"en": labels},
        "inputFields": [{
            "typeDefinition": {"name": SLOT, "type": "enumeration", "fieldType": "select",
                               "options": options},
            "supportedValueTypes": ["STATIC_VALUE"], "isRequired": True,
        }],
        "outputFields": list(output_fields()),
    }  # fmt: skip


def output_fields() -> Iterator[dict[str, Any]]:
    """The outputs as the definition lists them."""
    for name, label in OUTPUTS.items():
        yield {"typeDefinition": {"name": name, "type": "string", "fieldType": "text",
                                  "label": label, "options": []}}  # fmt: skip
