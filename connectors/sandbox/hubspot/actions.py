"""Custom workflow actions of an app: definitions, and the callbacks that end an execution.

A workflow calls an action's URL (`deliver.executions`); where that answers that it blocks, the
execution waits for its callback, which counts once.
"""

from typing import Any

from connectors.sandbox.hubspot.wire import (
    Answer,
    Request,
    inputs_of,
    invalid,
    known,
    missing,
    paged,
    stamp,
    texts,
)

_KINDS = {
    "actionUrl": "string",
    "functions": "array",
    "inputFields": "array",
    "outputFields": "array",
    "labels": "object",
    "objectTypes": "array",
    "published": "boolean",
    "objectRequestOptions": "object",
    "executionRules": "array",
    "inputFieldDependencies": "array",
}
_NEEDED = ("actionUrl", "functions", "inputFields", "labels", "objectTypes", "published")
_INPUT = {"typeDefinition": "object", "isRequired": "boolean", "supportedValueTypes": "array"}
STATES = ("SUCCESS", "FAIL_CONTINUE", "BLOCK", "ASYNC")


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    url = body.get("actionUrl", "https://")
    if not url.startswith(("https://", "http://127.0.0.1")):
        raise invalid("actionUrl must be an https address")
    for row in body.get("inputFields", []):
        kept = known(row, _INPUT, ("typeDefinition", "isRequired"))
        known(kept["typeDefinition"], {"name": "string", "type": "string"}, ("name", "type"))
    for row in body.get("outputFields", []):
        known(row, {"typeDefinition": "object"}, ("typeDefinition",))
    for labels in body.get("labels", {}).values():
        known(labels, {"actionName": "string"}, ("actionName",))
    return body


def _of_app(request: Request) -> dict[str, dict[str, Any]]:
    return request.portal.actions.setdefault(request.ids["app"], {})


def _one(request: Request) -> dict[str, Any]:
    found: dict[str, Any] | None = _of_app(request).get(request.ids["id"])
    if found is None:
        raise missing()
    return found


def create(request: Request) -> Answer:
    """POST a definition."""
    body = _checked(known(request.body, _KINDS, _NEEDED))
    held, number = _of_app(request), str(request.portal.fresh())
    functions = [
        known(row, {"functionType": "string", "functionSource": "string", "id": "string"})
        for row in body["functions"]
    ]
    shown = [{k: v for k, v in row.items() if k != "functionSource"} for row in functions]
    held[number] = {
        **body,
        "id": number,
        "revisionId": "1",
        "functions": shown,
        "createdAt": stamp(request.doing.now),
    }
    _note(request, "action_created", number, lambda: held.pop(number))
    return Answer(201, held[number])


def _note(request: Request, kind: str, name: str, undo: Any) -> None:
    request.doing.recorder.record(kind, undo, api="hubspot", name=name)


def read_all(request: Request) -> Answer:
    """GET the app's definitions."""
    return paged(request, list(_of_app(request).values()), None)


def read(request: Request) -> Answer:
    """GET one definition."""
    return Answer(200, _one(request))


def change(request: Request) -> Answer:
    """PATCH one definition; the revision goes up."""
    old, held = _one(request), _of_app(request)
    body = _checked(known(request.body, {k: v for k, v in _KINDS.items() if k != "functions"}))
    new = {**old, **body, "revisionId": str(int(old["revisionId"]) + 1)}
    held[old["id"]] = new
    _note(request, "action_changed", old["id"], lambda: held.update({old["id"]: old}))
    return Answer(200, new)


def archive(request: Request) -> Answer:
    """DELETE one definition."""
    old, held = _one(request), _of_app(request)
    del held[old["id"]]
    _note(request, "action_deleted", old["id"], lambda: held.update({old["id"]: old}))
    return Answer(204)


def _complete(request: Request, key: str, body: Any) -> None:
    """Ends an execution. One that is unknown or has ended is refused (unverified)."""
    held = request.portal.callbacks.get(key)
    if held is None or held["outputs"] is not None:
        raise missing(f"No execution waits for the callback {key}")
    kinds = {"outputFields": "object", "typedOutputs": "object"}
    outputs = texts(known(body, kinds, ("outputFields",))["outputFields"], "outputFields")
    if outputs.get("hs_execution_state", "SUCCESS") not in STATES:
        raise invalid(f"hs_execution_state must be one of {', '.join(STATES)}")
    held["outputs"] = outputs

    def undo() -> None:
        held["outputs"] = None

    request.doing.recorder.record(
        "callback_completed", undo, api="hubspot", record=held["record"], key=key, after=outputs
    )


def complete(request: Request) -> Answer:
    """POST one callback."""
    _complete(request, request.ids["callback"], request.body)
    return Answer(204)


def complete_batch(request: Request) -> Answer:
    """POST several callbacks; one that is refused refuses all (unverified)."""
    for row in inputs_of(request):
        _complete(request, known(row, {"callbackId": "string"}, ("callbackId",))["callbackId"], row)
    return Answer(204)
