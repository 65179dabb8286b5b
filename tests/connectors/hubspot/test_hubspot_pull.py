"""What a pull brings from HubSpot, and what it costs."""

import pytest

from personalization.errors import Stop
from tests.plan.corner import email


def brought(destination, cursor=None):
    """Records of a pull by record id, newest last, and the cursor after it."""
    records = {}
    for page in destination.pull(cursor):
        cursor = page.cursor
        records |= {one.outside_id: one for one in page.records}
    return records, cursor


def tagged(destination, cursor):
    """The tags that a pull tells of alone, by record id."""
    return {alias.rpartition(":")[2]: tags for page in destination.pull(cursor)
            for alias, tags in page.tagged.items()}  # fmt: skip


def test_more_changes_than_search_can_page_through_all_come(ready):
    ready.add(1)
    _, cursor = brought(ready.destination)
    ready.sandbox.control("clock", advance=10)
    # Half of them in one and the same millisecond, the others a few hundred at a time.
    for part, count in enumerate([5_300, *[520] * 10]):
        rows = [{"email": f"n{part}-{n}@example.com"} for n in range(count)]
        ready.sandbox.control("hubspot/contacts", contacts=rows)
    ready.mark()
    records, cursor = brought(ready.destination, cursor)
    assert len(records) == 10_500
    asked = ready.calls("POST", "/contacts/search")
    assert not any("after" in call["body"] for call in asked)
    assert len(asked) <= 80
    ready.mark()
    assert brought(ready.destination, cursor)[0] == {}
    assert len(ready.calls("POST", "/contacts/search")) == 1


def test_whoever_changes_while_one_reads_is_not_passed_over(ready):
    ready.add(1)
    _, cursor = brought(ready.destination)
    for part in range(6):
        rows = [{"email": f"n{part}-{n}@example.com"} for n in range(70)]
        ready.sandbox.control("hubspot/contacts", contacts=rows)
    seen = set()
    destination = ready.another(search_page=100)
    real, parts = destination.api.search.do_search, iter(range(6))

    def search(*given, **more):
        part = next(parts, None)
        if part is not None:  # the first rows of what was read already move to the end
            for n in range(30):
                ready.sandbox.control("hubspot/person", email=f"n{part}-{n}@example.com",
                                      action="write", properties={"city": "Rome"})  # fmt: skip
        return real(*given, **more)

    destination.api.search.do_search = search
    for page in destination.pull(cursor):
        seen |= {(one.email, one.attributes["city"]) for one in page.records}
    assert len({address for address, _ in seen}) == 420
    assert {address for address, city in seen if city == "Rome"} == {
        f"n{part}-{n}@example.com" for part in range(6) for n in range(30)
    }


def test_what_changes_during_the_first_pull_comes_with_the_next(ready):
    ids = ready.add(2_500)
    reading = ready.destination.pull(None)
    page = next(reading)
    ready.person(3, "write", properties={"city": "Rome"})
    records, cursor = brought(ready.another(), page.cursor)
    assert len(records) == 1_500
    later, _ = brought(ready.another(), cursor)
    assert later[ids[3]].attributes["city"] == "Rome"
    assert len(later) == 1


@pytest.mark.parametrize(("row", "status"), [
    ({}, "subscribed"),
    ({"subscribed": []}, "transactional"),
    ({"subscribed": [2002]}, "transactional"),
    ({"opted_out": True}, "unsubscribed"),
    ({"subscribed": [], "opted_out": [1001]}, "unsubscribed"),
    ({"opted_out": [2002]}, "subscribed"),
    ({"properties": {"hs_email_hard_bounce_reason_enum": "OTHER"}}, "cleaned"),
    ({"properties": {"hs_email_quarantined": "true"}}, "cleaned"),
])  # fmt: skip
def test_only_who_chose_marketing_is_subscribed_and_an_opt_out_of_all_counts_too(
    portal, row, status
):
    portal.sandbox.control("hubspot/types", types=[{"id": 2002, "name": "Surveys"}])
    (id,) = portal.add(1, **row)
    records, _ = brought(portal.another(consent={"marketing": 1001, "surveys": 2002}))
    assert records[id].status == status


def test_a_record_says_who_and_where_a_contact_is(ready, may, told):
    (id,) = ready.add(1, properties={
        "firstname": "Zoë", "city": "Łódź", "hs_timezone": "europe_slash_warsaw",
        "hs_language": "pl", "shoe": "42", "ofone_hero": "for you",
    })  # fmt: skip
    told(ready.destination, [may(1, "setup", {"field": "HERO", "label": "Hero"})])
    one = brought(ready.destination)[0][id]
    assert (one.alias, one.email) == (f"hubspot/main:{id}", email(0))
    assert one.values == {"HERO": "for you", "PICK1": ""}
    assert (one.zone, one.language) == ("Europe/Warsaw", "pl")
    assert (one.attributes["firstname"], one.attributes["city"]) == ("Zoë", "Łódź")
    assert one.attributes["lastname"] is None


def test_the_deleted_are_gone_and_the_merged_are_one_person(ready):
    ids = ready.add(5)
    _, cursor = brought(ready.destination)
    ready.person(1, "archive")
    ready.destination.api.contacts.merge(
        {"primaryObjectId": ids[2], "objectIdToMerge": ids[3]}, _preload_content=False
    )
    pages = list(ready.destination.pull(cursor))
    records = {one.outside_id: one for page in pages for one in page.records}
    assert {records[ids[n]].status for n in (1, 2, 3)} == {"gone"}
    (new,) = set(records) - set(ids)
    links = {(one.alias, one.props["other"]) for page in pages for one in page.events
             if one.kind == "link"}  # fmt: skip
    assert links == {(f"hubspot/main:{new}", f"hubspot/main:{ids[n]}") for n in (2, 3)}


def test_what_was_written_is_read_back_though_search_is_late(ready, may, told):
    people = ready.people(250)
    cursor = brought(ready.destination)[1]
    ready.sandbox.control("hubspot/settings", search_lag=30)
    told(ready.destination, [may(n, "fields", {"HERO": "x"}, one) for n, one in enumerate(people)])
    records, cursor = brought(ready.destination, cursor)
    assert [records[one.outside_id].values["HERO"] for one in people] == ["x"] * 250
    # Another process, later, finds them by search; after that nobody does.
    ready.sandbox.control("clock", advance=60)
    records, cursor = brought(ready.another(), cursor)
    assert len(records) == 250
    assert brought(ready.another(), cursor)[0] == {}


@pytest.mark.parametrize(("changed", "reads"), [(3, 1), (150, 2), (450, 4)])
def test_tags_are_read_in_whichever_way_takes_fewer_calls(ready, may, told, changed, reads):
    people = ready.people(900)
    told(ready.destination, [may(n, "tags", {"Regulars": True}, one)
                             for n, one in enumerate(people)])  # fmt: skip
    _, cursor = brought(ready.destination)
    ready.sandbox.control("clock", advance=200)
    for n in range(changed):
        ready.person(n, "write", properties={"city": "Rome"})
    ready.mark()
    records, _ = brought(ready.another(), cursor)
    assert {records[one.outside_id].tags for one in people[:changed]} == {("Regulars",)}
    assert len(ready.calls("", "/memberships")) == reads


def test_a_thousand_changes_are_ten_writes_and_few_reads_and_then_nothing(ready, may, told):
    people = ready.people(1_000)
    _, cursor = brought(ready.destination)
    ready.mark()
    rows = [may(n, "fields", {"HERO": f"for {n}"}, one) for n, one in enumerate(people)]
    assert {one.result for one in told(ready.destination, rows).values()} == {"accepted"}
    assert ready.counts == (10, 0)
    records, cursor = brought(ready.destination, cursor)
    assert all(records[one.outside_id].values["HERO"] == f"for {n}" for n, one in enumerate(people))
    writes, reads = ready.counts
    assert (writes, reads) == (10, 15)
    estimate = ready.destination.estimate(1_000, {}, 0, 0)
    assert (estimate.writes, estimate.reads) == (writes, reads)
    ready.mark()
    assert brought(ready.destination, cursor)[0] == {}
    assert ready.counts == (0, 3)


def test_a_thousand_tags_are_one_write_and_read_back_by_the_list_alone(ready, may, told):
    people = ready.people(1_000)
    _, cursor = brought(ready.destination)
    ready.mark()
    told(ready.destination, [may(n, "tags", {"Regulars": True}, one)
                             for n, one in enumerate(people)])  # fmt: skip
    shown = tagged(ready.destination, cursor)
    assert {shown[one.outside_id] for one in people} == {("Regulars",)}
    # Two listings of the lists, a search, and four pages of the list.
    assert ready.counts == (1, 7)
    estimate = ready.destination.estimate(0, {"Regulars": (1_000, 0)}, 0, 0)
    assert estimate.writes == 1
    assert 7 <= estimate.reads <= 13
    assert tagged(ready.destination, cursor) == {}


def test_a_read_back_asks_for_little_and_loses_nothing(ready, may, told):
    people = ready.people(6)
    ids = [one.outside_id for one in people]
    _, cursor = brought(ready.destination)
    (regulars,) = ready.destination.tags()
    told(ready.destination, [may(n, "fields", {"HERO": "x"}, people[n]) for n in range(4)])
    # Meanwhile: one of them and another one change by a hand and are put on the list, one is
    # deleted, and one agrees to nothing more.
    for n in (3, 4):
        ready.person(n, "write", properties={"city": "Rome"})
    ready.destination.api.raw("PUT", f"/crm/v3/lists/{regulars.id}/memberships/add", ids[3:5])
    ready.person(5, "archive")
    ready.person(2, "opt_out")
    ready.mark()
    records, cursor = brought(ready.destination, cursor)
    assert {records[id].values["HERO"] for id in ids[:4]} == {"x"}
    assert [records[id].tags for id in ids[:2]] == [None, None]
    assert [records[id].tags for id in ids[3:5]] == [("Regulars",)] * 2
    assert records[ids[2]].status == "unsubscribed"
    assert ids[5] not in records
    # A search, the lists and who is on them, what they agreed to.
    assert ready.counts == (0, 4)
    assert brought(ready.destination, cursor)[0][ids[5]].status == "gone"


def test_a_cursor_of_something_else_stops(ready):
    with pytest.raises(Stop, match="pull from the beginning"):
        list(ready.destination.pull("yesterday"))


def test_what_is_set_up_is_estimated_with_a_call_for_each_list_and_event(portal, may, told):
    portal.free()
    named = [{"field": "HERO", "label": "Hero"}, *({"tag": f"T{n}"} for n in range(4)),
             {"event": "cart_left"}, {"event": "back_again"}]  # fmt: skip
    portal.mark()
    told(portal.destination, [may(n, "setup", new) for n, new in enumerate(named)])
    (writes, reads), estimate = portal.counts, portal.destination.estimate(0, {}, 0, len(named))
    assert writes <= estimate.writes <= writes + 1
    assert reads <= estimate.reads <= reads + 6
