"""Which handler answers which path, and which calls write."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from connectors.sandbox.hubspot import (
    account,
    actions,
    associations,
    batches,
    consent,
    email_events,
    events,
    groups,
    hooks,
    lists,
    memberships,
    objects,
    properties,
    search,
    sends,
)
from connectors.sandbox.hubspot.wire import Answer, Problem, Request, missing

type Handler = Callable[[Request], Answer]
type Routes = list[tuple[re.Pattern[str], dict[str, Handler]]]

PREFIXES = (
    "/account-info/",
    "/automation/",
    "/communication-preferences/",
    "/crm/",
    "/email/",
    "/events/",
    "/marketing/",
    "/oauth/",
    "/webhooks/",
)
READING_POSTS = frozenset(
    {
        search.search,
        batches.read_batch,
        properties.read_batch,
        lists.search_lists,
        memberships.lists_of_records,
        associations.read_batch,
        consent.read_batch_v4,
        consent.read_wide_v4,
        account.token,
        account.private_app,
        account.introspect,
    }
)


def _compiled(table: dict[str, dict[str, Handler]]) -> Routes:
    return [
        (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), handlers)
        for path, handlers in table.items()
    ]


_OBJECTS = "/crm/v3/objects/{type}"
_PROPERTIES = "/crm/v3/properties/{type}"
_LIST = "/crm/v3/lists/{list}"
_OBJECT_ROUTES: dict[str, dict[str, Handler]] = {
    "/crm/v3/objects/contacts/gdpr-delete": {"POST": objects.erase_contact},
    "/crm/v3/objects/(?P<type>contacts)/merge": {"POST": objects.merge_contacts},
    _OBJECTS: {"GET": objects.list_objects, "POST": objects.create_object},
    _OBJECTS + "/search": {"POST": search.search},
    _OBJECTS + "/batch/read": {"POST": batches.read_batch},
    _OBJECTS + "/batch/update": {"POST": batches.update_batch},
    _OBJECTS + "/batch/create": {"POST": batches.create_batch},
    _OBJECTS + "/batch/upsert": {"POST": batches.upsert_batch},
    _OBJECTS + "/batch/archive": {"POST": batches.archive_batch},
    _OBJECTS + "/{id}": {
        "GET": objects.read_object,
        "PATCH": objects.update_object,
        "DELETE": objects.archive_object,
    },
    "/crm/v4/associations/{type}/{other}/batch/read": {"POST": associations.read_batch},
    "/crm/v4/objects/{type}/{id}/associations/default/{other}/{to}": {
        "PUT": associations.join_default
    },
}
_PROPERTY_ROUTES: dict[str, dict[str, Handler]] = {
    _PROPERTIES: {"GET": properties.list_properties, "POST": properties.create_property},
    _PROPERTIES + "/batch/create": {"POST": properties.create_batch},
    _PROPERTIES + "/batch/read": {"POST": properties.read_batch},
    _PROPERTIES + "/batch/archive": {"POST": properties.archive_batch},
    _PROPERTIES + "/groups": {"GET": groups.list_groups, "POST": groups.create_group},
    _PROPERTIES + "/groups/{group}": {
        "GET": groups.read_group,
        "PATCH": groups.change_group,
        "DELETE": groups.drop_group,
    },
    _PROPERTIES + "/{name}": {
        "GET": properties.read_property,
        "PATCH": properties.change_property,
        "DELETE": properties.archive_property,
    },
}
_LIST_ROUTES: dict[str, dict[str, Handler]] = {
    "/crm/v3/lists": {"GET": lists.read_lists, "POST": lists.create_list},
    "/crm/v3/lists/search": {"POST": lists.search_lists},
    "/crm/v3/lists/object-type-id/{type}/name/{name}": {"GET": lists.read_list_named},
    "/crm/v3/lists/records/memberships/batch/read": {"POST": memberships.lists_of_records},
    "/crm/v3/lists/records/{type}/{id}/memberships": {"GET": memberships.lists_of_record},
    _LIST: {"GET": lists.read_list, "DELETE": lists.delete_list},
    _LIST + "/restore": {"PUT": lists.restore_list},
    _LIST + "/update-list-name": {"PUT": lists.rename_list},
    _LIST + "/memberships": {"GET": memberships.read_members, "DELETE": memberships.clear_members},
    _LIST + "/memberships/add": {"PUT": memberships.add_members},
    _LIST + "/memberships/remove": {"PUT": memberships.remove_members},
    _LIST + "/memberships/add-and-remove": {"PUT": memberships.add_and_remove_members},
    _LIST + "/memberships/add-from/{source}": {"PUT": memberships.add_members_from},
}
_EVENT_ROUTES: dict[str, dict[str, Handler]] = {
    "/events/v3/send": {"POST": events.send},
    "/events/v3/send/batch": {"POST": events.send_batch},
    "/events/v3/events": {"GET": events.read_events},
    "/events/v3/events/event-types": {"GET": events.event_types},
    "/events/v3/event-definitions": {
        "GET": events.list_definitions,
        "POST": events.create_definition,
    },
    "/events/v3/event-definitions/{name}": {
        "GET": events.read_definition,
        "DELETE": events.drop_definition,
    },
}
_CONSENT = "/communication-preferences"
_CONSENT_ROUTES: dict[str, dict[str, Handler]] = {
    _CONSENT + "/v3/definitions": {"GET": consent.definitions},
    _CONSENT + "/v3/status/email/{email}": {"GET": consent.status},
    _CONSENT + "/v3/subscribe": {"POST": consent.subscribe},
    _CONSENT + "/v3/unsubscribe": {"POST": consent.unsubscribe},
    _CONSENT + "/v4/definitions": {"GET": consent.definitions_v4},
    _CONSENT + "/v4/statuses/batch/read": {"POST": consent.read_batch_v4},
    _CONSENT + "/v4/statuses/batch/unsubscribe-all/read": {"POST": consent.read_wide_v4},
    _CONSENT + "/v4/statuses/{email}": {"GET": consent.status_v4},
    _CONSENT + "/v4/statuses/{email}/unsubscribe-all": {"POST": consent.unsubscribe_all_v4},
}
_SEND_ROUTES: dict[str, dict[str, Handler]] = {
    "/marketing/v3/transactional/single-email/send": {"POST": sends.send_transactional},
    "/marketing/v4/email/single-send": {"POST": sends.send_published},
    "/marketing/v3/email/send-statuses/{status}": {"GET": sends.read_status},
    "/marketing/v4/email/send-statuses/{status}": {"GET": sends.read_status},
}
_EMAIL_ROUTES: dict[str, dict[str, Handler]] = {
    "/email/public/v1/events": {"GET": email_events.read_events},
}
_ACTION = "/automation/v4/actions/{app}"
_APP_ROUTES: dict[str, dict[str, Handler]] = {
    "/automation/v4/actions/callbacks/complete": {"POST": actions.complete_batch},
    "/automation/v4/actions/callbacks/{callback}/complete": {"POST": actions.complete},
    _ACTION: {"GET": actions.read_all, "POST": actions.create},
    _ACTION + "/{id}": {"GET": actions.read, "PATCH": actions.change, "DELETE": actions.archive},
    "/webhooks/v3/{app}/settings": {
        "GET": hooks.read_settings,
        "PUT": hooks.write_settings,
        "DELETE": hooks.clear_settings,
    },
    "/webhooks/v3/{app}/subscriptions": {
        "GET": hooks.list_subscriptions,
        "POST": hooks.create_subscription,
    },
    "/webhooks/v3/{app}/subscriptions/batch/update": {"POST": hooks.change_batch},
    "/webhooks/v3/{app}/subscriptions/{id}": {
        "GET": hooks.read_subscription,
        "PATCH": hooks.change_subscription,
        "DELETE": hooks.drop_subscription,
    },
}
_ACCOUNT_ROUTES: dict[str, dict[str, Handler]] = {
    "/account-info/v3/details": {"GET": account.details},
    "/account-info/v3/api-usage/daily/private-apps": {"GET": account.usage},
    "/crm/v3/limits/custom-properties": {"GET": account.custom_properties},
    "/oauth/v1/access-tokens/{token}": {"GET": account.access_token},
    "/oauth/v1/token": {"POST": account.token},
    "/oauth/v3/token": {"POST": account.token},
    "/oauth/v3/token/introspect": {"POST": account.introspect},
    "/oauth/v2/private-apps/get/access-token-info": {"POST": account.private_app},
}
ROUTES = _compiled(
    _OBJECT_ROUTES
    | _PROPERTY_ROUTES
    | _LIST_ROUTES
    | _EVENT_ROUTES
    | _CONSENT_ROUTES
    | _SEND_ROUTES
    | _EMAIL_ROUTES
    | _APP_ROUTES
    | _ACCOUNT_ROUTES
)


def find(request: Request) -> Handler:
    """The handler; puts what the path names into `ids`. Raises the Problem of a wrong call."""
    for pattern, handlers in ROUTES:
        if match := pattern.fullmatch(request.path.rstrip("/")):
            if request.method not in handlers:
                raise Problem(405, "METHOD_NOT_ALLOWED", "Method not allowed")
            request.ids = {name: unquote(part) for name, part in match.groupdict().items()}
            return handlers[request.method]
    raise missing()


def answer(request: Request) -> Answer:
    """The API's answer. What a refused call had begun to do is undone."""
    try:
        return find(request)(request)
    except Problem as problem:
        request.doing.recorder.roll_back()
        return Answer(problem.status, problem.body)


def writes(request: Request) -> bool:
    """Whether the call is one that may change something."""
    try:
        return request.method != "GET" and find(request) not in READING_POSTS
    except Problem:
        return request.method != "GET"
