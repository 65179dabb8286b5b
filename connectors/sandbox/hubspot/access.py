"""Tokens and scopes. Without `Settings.tokens` any token will do, and it has every scope."""

from connectors.sandbox.hubspot.state import Portal
from connectors.sandbox.hubspot.wire import Answer, Request

SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.objects.orders.read",
    "crm.objects.carts.read",
    "crm.objects.deals.read",
    "crm.objects.line_items.read",
    "crm.objects.products.read",
    "crm.objects.feedback_submissions.read",
    "e-commerce",
    "crm.lists.read",
    "crm.lists.write",
    "communication_preferences.read",
    "communication_preferences.read_write",
    "communication_preferences.statuses.batch.read",
    "behavioral_events.event_definitions.read_write",
    "behavioral_events.send.read_write",
    "transactional-email",
    "marketing-email",
    "content",
    "automation",
)
_FREE = ("/oauth/", "/account-info/")


def token_of(authorization: str) -> str:
    """The bearer token; "" where there is none."""
    scheme, _, value = authorization.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _is_developers(path: str) -> bool:
    """Whether a path is of the app itself: its developer's key opens it, and no token does."""
    callback = path.startswith("/automation/v4/actions/callbacks/")
    return path.startswith(("/webhooks/", "/automation/v4/actions/")) and not callback


def scopes_of(portal: Portal, token: str) -> list[str] | None:
    """What a token may do; None where it is not accepted."""
    if not portal.settings.tokens:
        return list(SCOPES)
    return portal.settings.tokens.get(token)


def refused_token(request: Request) -> Answer | None:
    """401 for no token or a wrong one. Asking for a token needs none; what belongs to the app needs
    the developer's `hapikey` in the query, and any will do."""
    if request.path.startswith("/oauth/"):
        return None
    if _is_developers(request.path):
        if request.text("hapikey"):
            return None
    elif request.token and scopes_of(request.portal, request.token) is not None:
        return None
    text = "Authentication credentials not found." if not request.token else "The token is invalid."
    return Answer(401, {"status": "error", "message": text, "category": "INVALID_AUTHENTICATION"})


def needed(path: str, writes: bool) -> list[str]:
    """The scopes any of which is enough for a call; none where every token will do."""
    parts = path.strip("/").split("/")
    if path.startswith("/communication-preferences/v4/statuses/batch/"):
        return ["communication_preferences.statuses.batch.read"]
    if path.startswith("/email/public/v1/"):
        return ["content"]
    verb = "write" if writes else "read"
    if path.startswith(_FREE) or _is_developers(path) or len(parts) < 3:
        return []
    if parts[0] == "crm" and parts[2] in ("objects", "properties") and len(parts) > 3:
        kind = "objects" if parts[2] == "objects" else "schemas"
        more = ["e-commerce"] if parts[3] in ("products", "line_items", "orders", "carts") else []
        return [f"crm.{kind}.{parts[3]}.{verb}", *more]
    return {
        "lists": [f"crm.lists.{verb}"],
        "associations": [f"crm.objects.{parts[3] if len(parts) > 3 else ''}.{verb}", "e-commerce"],
        "send": ["behavioral_events.send.read_write"],
        "event-definitions": ["behavioral_events.event_definitions.read_write"],
        "definitions": ["communication_preferences.read", "communication_preferences.read_write"],
        "status": ["communication_preferences.read", "communication_preferences.read_write"],
        "statuses": ["communication_preferences.read", "communication_preferences.read_write"],
        "subscribe": ["communication_preferences.read_write"],
        "unsubscribe": ["communication_preferences.read_write"],
        "transactional": ["transactional-email"],
        "email": ["marketing-email", "transactional-email"],
        "actions": ["automation"],
    }.get(parts[2], [])


def refused_scope(request: Request, writes: bool) -> Answer | None:
    """403 where the token has none of the scopes that would do for a call that writes or not."""
    if not request.portal.settings.tokens:
        return None
    asked = needed(request.path, writes)
    held = scopes_of(request.portal, request.token) or []
    if not asked or any(scope in held for scope in asked):
        return None
    error = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": asked},
    }
    body = {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call.",
        "category": "MISSING_SCOPES",
        "errors": [error],
    }
    return Answer(403, body)
