"""Search: its operators, its pages, its ceiling."""

import pytest
from hubspot.crm.contacts.exceptions import ApiException


def found(client, *filters, **more):
    groups = [{"filters": list(filters)}] if filters else []
    return client.crm.contacts.search_api.do_search({"filterGroups": groups, **more})


def where(name, operator, value=None, **more):
    return {
        "propertyName": name,
        "operator": operator,
        **({"value": value} if value else {}),
        **more,
    }


def times(sandbox, count):
    rows = [
        {"email": f"p{n}@example.com", "timestamp": f"2026-01-0{n + 1}T00:00:00.123"}
        for n in range(count)
    ]
    return sandbox.control("hubspot/contacts", contacts=rows)["ids"]


@pytest.mark.parametrize(
    ("operator", "more", "expected"),
    [
        ("GT", {"value": "2026-01-02T00:00:00.123Z"}, [2, 3]),
        ("GTE", {"value": "2026-01-02T00:00:00.123Z"}, [1, 2, 3]),
        ("LT", {"value": "1767312000123"}, [0]),
        ("LTE", {"value": "1767312000123"}, [0, 1]),
        ("EQ", {"value": "1767312000123"}, [1]),
        ("NEQ", {"value": "1767312000123"}, [0, 2, 3]),
        ("BETWEEN", {"value": "2026-01-02", "highValue": "2026-01-03T00:00:00.123Z"}, [1, 2]),
        ("IN", {"values": ["1767312000123", "1767225600123"]}, [0, 1]),
        ("HAS_PROPERTY", {}, [0, 1, 2, 3]),
        ("NOT_HAS_PROPERTY", {}, []),
    ],
)
def test_moments_compare_to_the_millisecond(client, sandbox, operator, more, expected):
    ids = times(sandbox, 4)
    page = found(client, {"propertyName": "lastmodifieddate", "operator": operator, **more})
    assert [row.id for row in page.results] == [ids[n] for n in expected]
    assert page.total == len(expected)


def test_groups_are_any_and_filters_are_all(client, people, sandbox):
    ids = people(3)
    one, two = where("email", "EQ", "p0@example.com"), where("email", "EQ", "P1@example.com")
    assert found(client, one, two).total == 0
    body = {"filterGroups": [{"filters": [one]}, {"filters": [two]}]}
    page = client.crm.contacts.search_api.do_search(body)
    assert [row.id for row in page.results] == ids[:2]
    assert found(client, query="p2@example").total == 1


def test_results_come_in_the_order_asked_for(client, sandbox):
    ids = times(sandbox, 3)
    down = [{"propertyName": "lastmodifieddate", "direction": "DESCENDING"}]
    assert [row.id for row in found(client, sorts=down).results] == ids[::-1]
    assert [row.id for row in found(client, sorts=["lastmodifieddate"]).results] == ids
    with pytest.raises(ApiException):
        found(client, sorts=["email", "city"])


def test_pages_end_at_ten_thousand(client, people, sandbox):
    sandbox.control("hubspot/settings", limits={"time": "off"})
    people(10_050)
    page = found(client, limit=200, after="9800")
    assert (page.total, len(page.results), page.paging.next.after) == (10_050, 200, "10000")
    with pytest.raises(ApiException) as caught:
        found(client, limit=200, after=page.paging.next.after)
    assert caught.value.status == 400
    with pytest.raises(ApiException):
        found(client, limit=200, after="9801")


@pytest.mark.parametrize(("most", "asked"), [(200, 201), (100, 101)])
def test_a_page_has_its_most(client, people, sandbox, most, asked):
    sandbox.control("hubspot/settings", most_search_page=most)
    people(1)
    assert found(client, limit=most).total == 1
    with pytest.raises(ApiException):
        found(client, limit=asked)


@pytest.mark.parametrize(
    "wrong",
    [
        where("nothing", "EQ", "x"),
        where("email", "LIKE", "x"),
        where("email", "EQ"),
        where("lastmodifieddate", "GT", "yesterday"),
        where("email", "IN"),
        where("lastmodifieddate", "BETWEEN", "2026-01-01"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(client, people, wrong):
    people(1)
    with pytest.raises(ApiException) as caught:
        found(client, wrong)
    assert caught.value.status == 400


def test_there_are_not_too_many_filters(client, people):
    one = where("email", "HAS_PROPERTY")
    for groups in ([[one]] * 6, [[one] * 7], [[one] * 5] * 4):
        body = {"filterGroups": [{"filters": group} for group in groups]}
        with pytest.raises(ApiException):
            client.crm.contacts.search_api.do_search(body)


def test_what_has_just_changed_may_be_found_later(client, people, sandbox):
    ids = people(2)
    sandbox.control("clock", advance=60)
    sandbox.control("hubspot/settings", search_lag=10)
    assert found(client).total == 2
    client.crm.contacts.basic_api.update(ids[0], {"properties": {"city": "Ulm"}})
    assert [row.id for row in found(client).results] == [ids[1]]
    sandbox.control("clock", advance=11)
    assert found(client, where("city", "EQ", "Ulm")).total == 1


def test_other_types_have_their_own_moment(client, sandbox):
    rows = [{"properties": {"hs_order_name": "a"}, "timestamp": "2026-01-05T00:00:00"}]
    sandbox.control("hubspot/objects", type="orders", records=rows)
    body = {
        "filterGroups": [{"filters": [where("hs_lastmodifieddate", "GTE", "2026-01-05T00:00:00Z")]}]
    }
    page = client.crm.objects.search_api.do_search("orders", body)
    assert page.total == 1
    body["filterGroups"][0]["filters"][0]["propertyName"] = "lastmodifieddate"
    with pytest.raises(Exception, match="does not exist"):
        client.crm.objects.search_api.do_search("orders", body)
