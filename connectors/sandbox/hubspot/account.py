"""What a token can learn about itself: the account, its use of the API, its scopes."""

from typing import Any

from connectors.sandbox.hubspot.access import scopes_of
from connectors.sandbox.hubspot.wire import Answer, Problem, Request, invalid, known, missing, stamp

APP = 7001
LIFE = 1_800
"""Seconds that an OAuth access token lives."""


def details(request: Request) -> Answer:
    """GET account-info details."""
    portal = request.portal
    body = {
        "portalId": portal.hub,
        "accountType": portal.settings.tier,
        "timeZone": portal.settings.time_zone,
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": "+01:00",
        "utcOffsetMilliseconds": 3_600_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "eu1",
    }
    return Answer(200, body)


def usage(request: Request) -> Answer:
    """GET today's use of the API by private apps."""
    portal = request.portal
    row = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": portal.settings.limits.daily,
        "currentUsage": len(portal.stamps.get("daily", [])),
        "collectedAt": stamp(request.doing.now),
        "fetchStatus": "SUCCESS",
        "resetsAt": stamp((request.doing.now // 86_400_000_000 + 1) * 86_400_000_000),
    }
    return Answer(200, {"results": [row]})


def custom_properties(request: Request) -> Answer:
    """GET crm/v3/limits/custom-properties: how many properties the portal has made, and may."""
    portal = request.portal
    rows: list[dict[str, Any]] = []
    for table in portal.tables.values():
        used = sum(not c.own and c.archived_at is None for c in table.properties.values())
        most = portal.settings.most_properties
        rows.append(
            {
                "objectTypeId": table.type_id,
                "singularLabel": table.name.removesuffix("s").title(),
                "pluralLabel": table.name.title(),
                "limit": most,
                "usage": used,
                "percentage": round(used / most * 100, 2),
            }
        )
    usage, limit = sum(row["usage"] for row in rows), sum(row["limit"] for row in rows)
    overall = {"overallLimit": limit, "overallUsage": usage}
    return Answer(200, {"byObjectType": rows, **overall, "overallPercentage": usage / limit * 100})


def access_token(request: Request) -> Answer:
    """GET oauth/v1/access-tokens/TOKEN."""
    token = request.ids["token"]
    scopes = scopes_of(request.portal, token)
    if scopes is None:
        raise missing("The access token is not valid")
    body = {
        "token": token,
        "user": "owner@example.com",
        "hub_domain": "shop.example.com",
        "scopes": scopes,
        "scope_to_scope_group_pks": [],
        "trial_scopes": [],
        "trial_scope_to_scope_group_pks": [],
        "hub_id": request.portal.hub,
        "app_id": APP,
        "expires_in": LIFE,
        "user_id": 1,
        "token_type": "access",
    }
    return Answer(200, body)


def private_app(request: Request) -> Answer:
    """POST oauth/v2/private-apps/get/access-token-info: a private app's token and its scopes."""
    token = known(request.body, {"tokenKey": "string"}, ("tokenKey",))["tokenKey"]
    scopes = scopes_of(request.portal, token)
    if scopes is None:
        raise missing("The token is not valid")
    hub = request.portal.hub
    return Answer(200, {"userId": 1, "hubId": hub, "appId": APP, "scopes": scopes})


def introspect(request: Request) -> Answer:
    """POST oauth/v3/token/introspect."""
    token = known(request.body, {"token": "string"}, ("token",))["token"]
    scopes = scopes_of(request.portal, token)
    if scopes is None:
        return Answer(200, {"active": False, "token": token})
    body = {
        "active": True,
        "token": token,
        "token_use": "access_token",
        "token_type": "bearer",
        "hub_id": request.portal.hub,
        "app_id": APP,
        "user_id": 1,
        "client_id": "sandbox",
        "is_private_distribution": False,
        "expires_in": LIFE,
        "scopes": scopes,
    }
    return Answer(200, body)


def token(request: Request) -> Answer:
    """POST oauth token: a refresh token gives an access token, which is the refresh token's text
    without "refresh-"."""
    kinds = {"grant_type": "string", "refresh_token": "string", "code": "string"}
    body = known(request.body, kinds, ("grant_type",))
    given = body.get("refresh_token") or body.get("code")
    if body["grant_type"] not in ("refresh_token", "authorization_code") or not given:
        raise invalid("missing or unknown grant_type, or nothing to grant it for")
    access = given.removeprefix("refresh-")
    if scopes_of(request.portal, access) is None:
        raise Problem(400, "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
    tokens = {"access_token": access, "refresh_token": f"refresh-{access}", "id_token": None}
    return Answer(200, {**tokens, "token_type": "bearer", "expires_in": LIFE})
