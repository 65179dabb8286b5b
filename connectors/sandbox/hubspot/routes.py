"""Which handler answers which path, and which calls write."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from connectors.sandbox.hubspot import (
    associations,
    batches,
    events,
    lists,
    objects,
    properties,
    search,
)
from connectors.sandbox.hubspot.wire import Answer, Problem, Request, missing

type Handler = Callable[[Request], Answer]
type Routes = list[tuple[re.Pattern[str], dict[str, Handler]]]

PREFIXES = (
    "/account-info/",
    "/automation/",
    "/communication-preferences/",
    "/crm/",
    "/events/",
    "/marketing/",
    "/oauth/",
    "/webhooks/",
)
READING_POSTS = frozenset(
    {search.search, batches.read_batch, properties.read_batch, lists.search_lists,
     associations.read_batch}
)  # fmt: skip


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
    _PROPERTIES + "/groups": {"GET": properties.list_groups, "POST": properties.create_group},
    _PROPERTIES + "/groups/{group}": {
        "GET": properties.read_group,
        "PATCH": properties.change_group,
        "DELETE": properties.drop_group,
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
    "/crm/v3/lists/records/{type}/{id}/memberships": {"GET": lists.lists_of_record},
    _LIST: {"GET": lists.read_list, "DELETE": lists.delete_list},
    _LIST + "/restore": {"PUT": lists.restore_list},
    _LIST + "/update-list-name": {"PUT": lists.rename_list},
    _LIST + "/memberships": {"GET": lists.read_members, "DELETE": lists.clear_members},
    _LIST + "/memberships/add": {"PUT": lists.add_members},
    _LIST + "/memberships/remove": {"PUT": lists.remove_members},
    _LIST + "/memberships/add-and-remove": {"PUT": lists.add_and_remove_members},
    _LIST + "/memberships/add-from/{source}": {"PUT": lists.add_members_from},
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
ROUTES = _compiled({**_OBJECT_ROUTES, **_PROPERTY_ROUTES, **_LIST_ROUTES, **_EVENT_ROUTES})


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
