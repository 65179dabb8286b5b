"""Pulling from Mailchimp loses nobody, whatever moves meanwhile."""

from itertools import islice

import pytest

from connectors.sandbox import ledger
from connectors.shared.http import Rejected
from personalization.errors import Retry, Stop
from personalization.sound import progressing


def ids(pages):
    return [record.outside_id for page in pages for record in page.records]


def test_a_full_pull_brings_everyone_once_in_few_calls(shop):
    shop.people(2_300)
    shop.mark()
    pages = list(shop.destination.pull(None))
    assert len(ids(pages)) == len(set(ids(pages))) == 2_300
    assert pages[0].total == 2_300
    # the fields, the archived ones, three pages
    assert ledger.counts(shop.entries) == {"reads": 5, "writes": 0, "operations": 0}


def test_the_next_pull_brings_what_changed_and_the_last_second_again(shop):
    shop.people(30)
    cursor = list(shop.destination.pull(None))[-1].cursor
    shop.sandbox.control("clock", advance=60)
    for n in (3, 7):
        shop.sandbox.control("person", email=f"p{n}@example.com", action="write",
                             merge_fields={"FNAME": "New"})  # fmt: skip
    pages = list(shop.another().pull(cursor))
    changed = [r for page in pages for r in page.records if r.values["FNAME"] == "New"]
    assert {r.email for r in changed} == {"p3@example.com", "p7@example.com"}
    again = list(shop.another().pull(pages[-1].cursor))
    assert {r.email for page in again for r in page.records} == {r.email for r in changed}


def test_a_change_in_the_second_of_the_cursor_is_not_lost(shop):
    shop.people(5)
    cursor = list(shop.destination.pull(None))[-1].cursor
    shop.sandbox.control("person", email="p1@example.com", action="write",
                         merge_fields={"FNAME": "Late"})  # fmt: skip
    pages = list(shop.destination.pull(cursor))
    assert "Late" in {r.values["FNAME"] for page in pages for r in page.records}


@pytest.mark.parametrize("moving", [1, 30, 700])
def test_people_who_move_while_pages_are_read_are_not_lost(shop, moving):
    shop.people(2_500)
    shop.sandbox.control("clock", advance=60)
    found, reading = set(), shop.destination.pull(None)
    for number, page in enumerate(reading):
        found.update(record.email for record in page.records)
        for n in range(moving * number, moving * (number + 1) if number < 3 else 0):
            # Everyone behind this person moves up, across the edge of the next page.
            shop.sandbox.control("person", email=f"p{n}@example.com", action="write",
                                 merge_fields={"FNAME": "Moved"})  # fmt: skip
    assert found == {f"p{n}@example.com" for n in range(2_500)}


@pytest.mark.parametrize("pages_stored", [1, 2, 3])
def test_killed_between_pages_a_pull_goes_on_and_loses_nobody(shop, pages_stored):
    for second in range(5):
        rows = [{"email": f"p{n}@example.com"} for n in range(second * 600, second * 600 + 600)]
        shop.sandbox.control("members", members=rows)
        shop.sandbox.control("clock", advance=7)
    before = list(islice(shop.destination.pull(None), pages_stored))
    after = list(shop.another().pull(before[-1].cursor))
    assert set(ids(before)) | set(ids(after)) == set(ids(shop.another().pull(None)))
    assert len(ids(after)) < 3_000


def test_archived_people_are_told_of_as_archived(shop):
    people = shop.people(3)
    cursor = list(shop.destination.pull(None))[-1].cursor
    shop.sandbox.control("clock", advance=60)
    shop.sandbox.control("person", email="p1@example.com", action="archive", by="admin")
    shop.sandbox.control("person", email="p2@example.com", action="unsubscribe")
    pages = list(shop.destination.pull(cursor))
    found = {record.alias: record.status for page in pages for record in page.records}
    assert found[people[1].alias] == "archived"
    assert found[people[2].alias] == "unsubscribed"


def test_a_record_carries_what_is_ours_and_what_is_known(shop, may, told):
    told(shop.destination, [may(1, "setup", {"field": "HERO", "label": "Hero (ofone)"})])
    place = {"timezone": "Europe/Paris", "country_code": "FR", "region": "IDF"}
    shop.sandbox.control("members", members=[{
        "email": "Ana@example.com", "language": "fr", "location": place,
        "merge_fields": {"FNAME": "Ana", "HERO": "hello"}, "tags": ["b", "a"]}])  # fmt: skip
    (record,) = (r for page in shop.destination.pull(None) for r in page.records)
    assert record.alias.startswith("mailchimp/main:")
    assert record.email == "Ana@example.com"
    assert record.values["HERO"] == "hello"
    assert "HERO" not in record.attributes
    assert record.attributes["FNAME"] == "Ana"
    assert (record.attributes["country"], record.attributes["region"]) == ("FR", "IDF")
    assert (record.zone, record.language, record.tags) == ("Europe/Paris", "fr", ("a", "b"))


def test_a_changed_address_keeps_the_alias_and_the_id_to_write_to(shop):
    (before,) = shop.people(1)
    with shop.sandbox.world.lock:
        audience = shop.sandbox.world.audience(shop.destination.settings.list)
        from connectors.sandbox.mailchimp import effects

        member = audience.find("p0@example.com")
        effects.change_email(audience, shop.sandbox.world.recorder(), member, "new@example.com")
    (after,) = (r for page in shop.destination.pull(None) for r in page.records)
    assert after.alias == before.alias
    assert after.outside_id == before.outside_id
    assert after.email != before.email


def test_more_than_fifty_tags_are_all_seen(shop):
    names = [f"tag {n:03}" for n in range(70)]
    (record,) = shop.people(1, tags=names)
    assert list(record.tags) == names


def test_a_page_that_answers_ok_with_nothing_in_it_is_no_end(shop, monkeypatch):
    shop.people(3)
    monkeypatch.setattr(shop.destination.api.lists, "get_list_members_info", lambda *_, **__: {})
    with pytest.raises(Retry, match="lacks members"):
        list(shop.destination.pull(None))


def test_an_audience_that_is_not_there_is_said_with_the_setting_to_correct(shop):
    with pytest.raises(Stop, match=r"no audience 5ea5ea5eaf in this account\. Set `list`"):
        list(progressing(shop.another(list="5ea5ea5eaf").pull(None), "mailchimp/main"))


def test_a_refusal_that_nobody_expects_stops_with_what_was_refused(shop, monkeypatch):
    def refused(*_given, **_more):
        raise Rejected(400, "Invalid Resource", "mailchimp/main")

    monkeypatch.setattr(shop.destination.api.wire, "send", refused)
    with pytest.raises(Stop, match=r"HTTP 400 Invalid Resource.*`ofone doctor`") as said:
        list(progressing(shop.destination.pull(None), "mailchimp/main"))
    assert "Report" not in str(said.value)
