"""What HubSpot's webhooks come to, and the published vector of their signature."""

import pytest

from connectors import find
from connectors.shared.signatures import Refused
from personalization.connector import Request
from tests.connectors.stages.hook_hubspot import NOW, row
from tests.connectors.webhooks.telling import linked, of, said, told

AT = NOW - 60_000_000
SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"


def call(*rows):
    return told("hubspot", list(rows))


def changed(name, value, **more):
    return row(propertyName=name, propertyValue=value, **more)


def test_the_published_vector_passes_and_binds_method_address_and_time():
    """hubspot-api-python, tests of `Signature`."""
    hook = find("hubspot").webhook("main", {"secret": SECRET})
    url, body = "https://www.example.com/webhook_uri", b"{'example_field':'example_value'}"
    headers = {"X-HubSpot-Signature-v3": "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
               "X-HubSpot-Request-Timestamp": "1693657560000"}  # fmt: skip
    right = Request(method="POST", url=url, headers=headers, body=body,
                    received_at=1_693_657_560_000_000)  # fmt: skip
    hook.verify(right)
    for wrong in ({"method": "PUT"}, {"url": f"{url}?a=1"}, {"body": body + b" "},
                  {"headers": {**headers, "X-HubSpot-Request-Timestamp": "1693657560001"}}):  # fmt: skip
        with pytest.raises(Refused, match="wrong signature"):
            hook.verify(right.model_copy(update=wrong))
    # HubSpot's own library lets a stamp in that is a day ahead.
    for late, why in ((301, "too old"), (-86_400, "too new")):
        moved = right.model_copy(update={"received_at": right.received_at + late * 1_000_000})
        with pytest.raises(Refused, match=why):
            hook.verify(moved)


def test_an_address_is_signed_with_some_of_its_characters_decoded():
    from tests.connectors.stages import hook_hubspot as stage

    hook = find("hubspot").webhook("main", stage.SETTINGS)
    signed = stage.request(url="https://hooks.example.com/hooks/hubspot/main?a=x:y/z&b=%20")
    hook.verify(signed.model_copy(
        update={"url": "https://hooks.example.com/hooks/hubspot/main?a=x%3Ay%2fz&b=%20"}))  # fmt: skip
    behind = find("hubspot").webhook("main", {**stage.SETTINGS, "url": stage.URL})
    behind.verify(stage.request().model_copy(update={"url": "http://10.0.0.1/hooks/hubspot/main"}))


def test_a_changed_address_is_a_link_and_an_opt_out_counts_at_once():
    found = call(changed("email", "ana@example.com"), changed("hs_email_optout", "true"),
                 changed("hs_email_optout_7", "true", objectId=502))  # fmt: skip
    assert linked(found.events) == {("hubspot/main:501", "email:ana@example.com")}
    outs = {event.alias: event for event in found.events if event.kind == "consent"}
    assert {alias: one.props["state"] for alias, one in outs.items()} == {
        "hubspot/main:501": "out", "hubspot/main:502": "out"}  # fmt: skip
    assert outs["hubspot/main:501"].occurred_at == AT
    assert found.pull


def test_an_opt_out_taken_back_or_of_another_type_opts_nobody_in():
    found = call(changed("hs_email_optout", "false"), changed("hs_email_optout_8", "true"))
    assert (said(found.events), found.pull) == ({}, True)


def test_attributes_are_taken_and_our_own_properties_are_not():
    found = call(changed("city", "Lyon"), changed("ofone_headline", "Hello"),
                 changed("firstname", "", objectId=502))  # fmt: skip
    assert {event.alias: event.props["set"] for event in found.events} == {
        "hubspot/main:501": {"city": "Lyon"}, "hubspot/main:502": {"firstname": None}}  # fmt: skip
    assert not found.pull


def test_merges_link_and_deletions_for_privacy_erase():
    merge = row("merge", primaryObjectId=501, mergedObjectIds=[501, 502], newObjectId=900)
    found = call(merge)
    assert linked(found.events) == {("hubspot/main:900", "hubspot/main:501"),
                                    ("hubspot/main:900", "hubspot/main:502")}  # fmt: skip
    older = row("merge", primaryObjectId=501, mergedObjectIds=[502])
    assert linked(call(older).events) == {("hubspot/main:501", "hubspot/main:502")}
    erased = call(row("privacyDeletion"), row("creation", objectId=503))
    assert (erased.erase, erased.pull) == (("hubspot/main:501",), True)
    assert of(erased.events, "consent").props["state"] == "out"
    for what in ("creation", "deletion", "restore"):
        assert (call(row(what)).events, call(row(what)).pull) == ((), True)


def test_other_portals_and_objects_say_nothing_and_a_wrong_event_is_set_aside_alone():
    generic = changed("email", "bo@example.com", subscriptionType="object.propertyChange",
                      objectTypeId="0-1", objectId=7)  # fmt: skip
    company = {**generic, "objectTypeId": "0-2", "objectId": 8}
    other = changed("email", "cy@example.com", portalId=43)
    deal = changed("email", "di@example.com", subscriptionType="deal.propertyChange")
    found = call(generic, company, other, deal, row(occurredAt="soon"), 7)
    assert linked(found.events) == {("hubspot/main:7", "email:bo@example.com")}
    assert [(one.place, one.reason) for one in found.set_aside] == [
        ("hubspot/main event[4]", "occurredAt is missing or no moment"),
        ("hubspot/main event[5]", "an event is not an object"),
    ]


def test_the_last_word_on_a_property_stands_in_any_order_of_events():
    first, last = changed("city", "Lyon", at=AT), changed("city", "Paris", at=AT + 1_000_000)
    there, back = call(first, last).events, call(last, first).events
    assert sorted(there, key=str) == sorted(back, key=str)
    assert max(there, key=lambda one: one.occurred_at).props["set"] == {"city": "Paris"}
    repeated = call(first, {**first, "occurredAt": first["occurredAt"] + 5}, first).events
    assert [one.occurred_at for one in repeated] == [AT + 5_000]
