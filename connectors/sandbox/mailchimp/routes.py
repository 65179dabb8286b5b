"""Which handler answers which path below /3.0; the same for calls and for batch operations."""

import re
from collections.abc import Callable

from connectors.sandbox.mailchimp import (
    commerce,
    events,
    interests,
    journeys,
    lists,
    members,
    merge_fields,
    reports,
    segments,
    tags,
)
from connectors.sandbox.mailchimp.state import Account
from connectors.sandbox.mailchimp.wire import Answer, Problem, Request, missing, narrowed

type Handler = Callable[[Account, Request], Answer]
type Routes = list[tuple[re.Pattern[str], dict[str, Handler]]]


def compiled(table: dict[str, dict[str, Handler]]) -> Routes:
    """Paths with {names} as patterns."""
    return [
        (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), handlers)
        for path, handlers in table.items()
    ]


_LIST = "/lists/{list}"
_MEMBER = _LIST + "/members/{member}"
_SEGMENT = _LIST + "/segments/{segment}"

ROUTES = compiled(
    {
        "": {"GET": lists.root},
        "/ping": {"GET": lists.ping},
        "/lists": {"GET": lists.list_lists},
        _LIST: {"GET": lists.get_list, "POST": lists.batch_subscribe},
        _LIST + "/members": {"GET": members.list_members, "POST": members.add_member},
        _MEMBER: {
            "GET": members.get_member,
            "PUT": members.put_member,
            "PATCH": members.patch_member,
            "DELETE": members.archive_member,
        },
        _MEMBER + "/actions/delete-permanent": {"POST": members.erase_member},
        _MEMBER + "/tags": {"GET": tags.list_member_tags, "POST": tags.write_member_tags},
        _MEMBER + "/events": {"GET": events.list_events, "POST": events.add_event},
        "/customer-journeys/journeys/{journey}/steps/{step}/actions/trigger": {
            "POST": journeys.trigger
        },
        _LIST + "/interest-categories": {"GET": interests.list_categories},
        _LIST + "/interest-categories/{category}/interests": {"GET": interests.list_interests},
        "/campaigns": {"GET": reports.list_campaigns},
        "/reports/{campaign}/sent-to": {"GET": reports.sent_to},
        "/reports/{campaign}/email-activity": {"GET": reports.email_activity},
        "/reporting/surveys": {"GET": reports.list_surveys},
        "/reporting/surveys/{survey}/responses": {"GET": reports.list_responses},
        "/reporting/surveys/{survey}/responses/{response}": {"GET": reports.get_response},
        "/ecommerce/stores": {"GET": commerce.list_stores},
        "/ecommerce/stores/{store}/orders": {"GET": commerce.list_orders},
        "/ecommerce/stores/{store}/carts": {"GET": commerce.list_carts},
        "/ecommerce/stores/{store}/customers": {"GET": commerce.list_customers},
        "/ecommerce/stores/{store}/products": {"GET": commerce.list_products},
        _LIST + "/webhooks": {"GET": lists.list_webhooks},
        _LIST + "/tag-search": {"GET": tags.search_tags},
        _LIST + "/merge-fields": {
            "GET": merge_fields.list_fields,
            "POST": merge_fields.create_field,
        },
        _LIST + "/merge-fields/{field}": {
            "GET": merge_fields.get_field,
            "PATCH": merge_fields.change_field,
            "DELETE": merge_fields.delete_field,
        },
        _LIST + "/segments": {"GET": segments.list_segments, "POST": segments.create_segment},
        _SEGMENT: {
            "GET": segments.get_segment,
            "PATCH": segments.change_segment,
            "POST": segments.batch_members,
            "DELETE": segments.delete_segment,
        },
        _SEGMENT + "/members": {
            "GET": segments.segment_members,
            "POST": segments.add_segment_member,
        },
        _SEGMENT + "/members/{member}": {"DELETE": segments.remove_segment_member},
    }
)


def answer(account: Account, request: Request, routes: Routes = ROUTES) -> Answer:
    """The API's answer. What a refused call had begun to do is undone."""
    try:
        return narrowed(request, _handler(request, routes)(account, request))
    except Problem as problem:
        request.recorder.roll_back()
        return Answer(problem.status, problem.body)


def _handler(request: Request, routes: Routes) -> Handler:
    for pattern, handlers in routes:
        if match := pattern.fullmatch(request.path.rstrip("/")):
            if request.method not in handlers:
                raise Problem(
                    405,
                    "Method Not Allowed",
                    "The requested method and resource are not compatible.",
                )
            request.ids = match.groupdict()
            return handlers[request.method]
    raise missing()
