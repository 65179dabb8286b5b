"""The sandbox's answers against the published description of the API, where that is at hand.

The description lies beside the project, not in it. Its response schemas close no object, so that
a field too many is looked for here too.
"""

import json
from functools import cache
from pathlib import Path

import pytest
import requests
from jsonschema import Draft4Validator

from connectors.sandbox.mailchimp.routes import ROUTES
from connectors.sandbox.world import LIST

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "mailchimp-marketing.json"
pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="the API's description is not at hand")

MEMBER = "/lists/{listId}/members/{subscriberHash}"
SEGMENT = "/lists/{listId}/segments/{segmentId}"


@cache
def spec():
    return json.loads(SPEC.read_text())


def resolved(node):
    while "$ref" in node:
        target = spec()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def schema_of(method, path, status):
    responses = spec()["paths"][path][method.lower()]["responses"]
    content = resolved(responses.get(str(status), responses["default"])).get("content")
    return content and next(iter(content.values()))["schema"]


def faults(method, path, status, body):
    """What an answer has wrong: values of the wrong shape, and fields that are not described."""
    schema = schema_of(method, path, status)
    if schema is None or status == 204:  # the description shows an object even there
        return [] if body is None else ["a body where there is none"]
    whole = {**schema, "components": spec()["components"]}
    wrong = [
        f"{list(e.absolute_path)}: {e.message}" for e in Draft4Validator(whole).iter_errors(body)
    ]
    return wrong + list(undescribed(schema, body))


def undescribed(schema, value, at=""):
    schema = resolved(schema)
    if isinstance(value, list):
        for item in value:
            yield from undescribed(schema.get("items", {}), item, at + "[]")
    known = schema.get("properties")
    if isinstance(value, dict) and known and not schema.get("additionalProperties"):
        for key, item in value.items():
            if key not in known:
                yield f"{at}.{key} is not described"
            else:
                yield from undescribed(known[key], item, f"{at}.{key}")


MEMBER_BODY = {"email_address": "new@example.com", "status": "subscribed"}
TEXT_FIELD = {"name": "Pick", "tag": "PICK1", "type": "text"}
BULK = {"members": [MEMBER_BODY, {"email_address": "x"}], "update_existing": True}
TAGS = {"tags": [{"name": "vip", "status": "active"}]}
WRITTEN = {"merge_fields": {"FNAME": "Ann"}}
PUT = {"email_address": "put@example.com", "status_if_new": "pending"}
PATHS = {
    "listId": LIST, "subscriberHash": "p0@example.com", "segmentId": "1001", "mergeId": "6",
    "journeyId": "12", "stepId": "34", "interestCategoryId": "0000000001",
    "campaignId": "c1", "storeId": "shop", "surveyId": "s1", "responseId": "r1",
}  # fmt: skip
START = "/customer-journeys/journeys/{journeyId}/steps/{stepId}/actions/trigger"

# In this order: each step stands on those before it.
STEPS = [
    ("GET", "/", None, 200),
    ("GET", "/ping", None, 200),
    ("GET", "/lists/{listId}/webhooks", None, 200),
    ("GET", "/lists", None, 200),
    ("GET", "/lists/{listId}", None, 200),
    ("GET", "/lists/{listId}", {"listId": "none"}, 404),
    ("POST", "/lists/{listId}/merge-fields", TEXT_FIELD, 200),
    ("POST", "/lists/{listId}/merge-fields", TEXT_FIELD, 400),
    ("GET", "/lists/{listId}/merge-fields", None, 200),
    ("GET", "/lists/{listId}/merge-fields/{mergeId}", None, 200),
    ("PATCH", "/lists/{listId}/merge-fields/{mergeId}", {"name": "Choice"}, 200),
    ("POST", "/lists/{listId}/segments", {"name": "t", "static_segment": ["p0@example.com"]}, 200),
    ("POST", SEGMENT, {"members_to_add": ["p1@example.com", "no@example.com"]}, 200),
    ("POST", SEGMENT, {"members_to_remove": ["p1@example.com"]}, 200),
    ("GET", "/lists/{listId}/segments", None, 200),
    ("GET", SEGMENT, None, 200),
    ("PATCH", SEGMENT, {"name": "u"}, 200),
    ("GET", SEGMENT + "/members", None, 200),
    ("POST", SEGMENT + "/members", {"email_address": "p1@example.com"}, 200),
    ("DELETE", SEGMENT + "/members/{subscriberHash}", None, 204),
    ("GET", "/lists/{listId}/tag-search", None, 200),
    ("POST", "/lists/{listId}", BULK, 200),
    ("POST", "/lists/{listId}/members", {**MEMBER_BODY, "email_address": "n@example.com"}, 200),
    ("POST", "/lists/{listId}/members", MEMBER_BODY, 400),
    ("PATCH", MEMBER, WRITTEN, 200),
    ("PUT", MEMBER, PUT | {"email_address": "p0@example.com"}, 200),
    ("POST", MEMBER + "/tags", TAGS, 204),
    ("GET", MEMBER + "/tags", None, 200),
    ("POST", MEMBER + "/events", {"name": "order", "properties": {"id": "7"}}, 204),
    ("GET", MEMBER + "/events", None, 200),
    ("GET", "/lists/{listId}/interest-categories", None, 200),
    ("GET", "/lists/{listId}/interest-categories/{interestCategoryId}/interests", None, 200),
    ("GET", "/campaigns", None, 200),
    ("GET", "/reports/{campaignId}/sent-to", None, 200),
    ("GET", "/reports/{campaignId}/email-activity", None, 200),
    ("GET", "/reporting/surveys", None, 200),
    ("GET", "/reporting/surveys/{surveyId}/responses", None, 200),
    ("GET", "/reporting/surveys/{surveyId}/responses/{responseId}", None, 200),
    ("GET", "/ecommerce/stores", None, 200),
    ("GET", "/ecommerce/stores/{storeId}/orders", None, 200),
    ("GET", "/ecommerce/stores/{storeId}/carts", None, 200),
    ("GET", "/ecommerce/stores/{storeId}/customers", None, 200),
    ("GET", "/ecommerce/stores/{storeId}/products", None, 200),
    ("POST", START, {"email_address": "p0@example.com"}, 204),
    ("POST", START, {"email_address": "p0@example.com"}, 400),
    ("GET", MEMBER, None, 200),
    ("PATCH", MEMBER, {"status": "unsubscribed"}, 200),
    ("GET", "/lists/{listId}/members", None, 200),
    ("DELETE", SEGMENT, None, 204),
    ("DELETE", MEMBER, None, 204),
    ("GET", MEMBER, None, 200),
    ("POST", MEMBER + "/actions/delete-permanent", None, 204),
    ("DELETE", "/lists/{listId}/merge-fields/{mergeId}", None, 204),
]


def prepared(sandbox):
    """What an account holds beside its members."""
    sandbox.control("mailchimp/journey", id=12, step=34)
    sandbox.control("mailchimp/store", **STORE)
    sandbox.control("mailchimp/campaign", id="c1")
    sandbox.control("mailchimp/activity", campaign="c1", email="p0@example.com", action="click",
                    url="https://shop.example.com")  # fmt: skip
    sandbox.control("mailchimp/webhook", url="https://shop.example.com/hook")
    sandbox.control("mailchimp/survey", id="s1", responses=[
        {"id": "r1", "at": TIME, "email": "p0@example.com", "results": [ANSWER]}])  # fmt: skip
    sandbox.control("mailchimp/group", title="Tea", names=["Green", "Black"])
    sandbox.control("mailchimp/permissions", ids=["2a4819ebc7"])


ANN = {"id": "u1", "email_address": "p0@example.com", "opt_in_status": False, "first_name": "Ann"}
LINE = {"id": "l1", "product_id": "t1", "product_variant_id": "t1", "quantity": 2, "price": 4.5}
TIME = "2026-03-01T08:00:00+00:00"
STORE = {
    "customers": [{**ANN, "created_at": TIME, "updated_at": TIME}],
    "orders": [{"id": "o1", "customer": ANN, "currency_code": "EUR", "order_total": 9.0,
                "financial_status": "paid", "processed_at_foreign": TIME, "lines": [LINE]}],
    "carts": [{"id": "c1", "customer": ANN, "currency_code": "EUR", "order_total": 9.0,
               "created_at": TIME, "updated_at": TIME, "lines": [LINE]}],
    "products": [{"id": "t1", "title": "Tea", "type": "Tea", "url": "https://shop.example.com/t1",
                  "variants": [{"id": "t1", "title": "Tea", "price": 4.5,
                                "inventory_quantity": 3}]}],
}  # fmt: skip
ANSWER = {"question_id": "q1", "question_type": "range", "query": "How was it?", "answer": "4"}


def test_every_answer_is_as_described(sandbox, people):
    people(3, merge_fields={"FNAME": "Ann"}, location={"country_code": "FR", "timezone": "CET"})
    prepared(sandbox)
    wrong = []
    for method, path, body, status in STEPS:
        ids = {**PATHS, **(body if status == 404 else {})}
        url = f"{sandbox.url}/3.0{path.format_map(ids)}"
        answer = requests.request(method, url, json=body, auth=("any", "k"), timeout=20)
        assert answer.status_code == status, (method, path, answer.text)
        told = answer.json() if answer.content else None
        wrong += [f"{method} {path}: {fault}" for fault in faults(method, path, status, told)]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_jobs_are_as_described(client, sandbox):
    started = client.batches.start({"operations": [{"method": "GET", "path": "/ping"}]})
    assert not faults("POST", "/batches", 200, started)
    assert not faults("GET", "/batches/{batchId}", 200, client.batches.status(started["id"]))
    assert not faults("GET", "/batches", 200, client.batches.list())


def test_every_path_of_the_sandbox_is_described_and_tried():
    described = {plain(path) for path in spec()["paths"]}
    tried = {(method, plain(path)) for method, path, _, _ in STEPS}
    names = [("list", "listId"), ("member", "subscriberHash"), ("segment", "segmentId")]
    for pattern, handlers in ROUTES:
        path = pattern.pattern.replace("\\", "")
        for ours, theirs in [*names, *MORE]:
            path = path.replace(f"(?P<{ours}>[^/]+)", theirs)
        path = path or "/"
        assert path in described
        assert {(method, path) for method in handlers} <= tried


MORE = [("field", "mergeId"), ("journey", "journeyId"), ("step", "stepId")]
MORE += [("category", "interestCategoryId")]
MORE += [(name, f"{name}Id") for name in ("campaign", "store", "survey", "response")]


def plain(path):
    return path.replace("{", "").replace("}", "")
