"""Who agreed is read and never assumed; what it costs; and what becomes of sends."""

import pytest

from connectors import find
from connectors.sandbox import ledger
from personalization.errors import Stop
from personalization.models import HOUR
from tests.connectors.hubspot.conftest import TOKEN
from tests.plan.corner import NOW, event


def brought(destination, cursor=None):
    """Records by record id, consent events, and the cursor after it."""
    records, events = {}, {}
    for page in destination.pull(cursor):
        cursor = page.cursor
        records |= {one.outside_id: one for one in page.records}
        events |= {one.key: one for one in page.events if one.kind == "consent"}
    return records, list(events.values()), cursor


def test_choices_become_consent_by_purpose_as_of_when_they_were_made(portal):
    portal.sandbox.control("hubspot/types", types=[{"id": 2002, "name": "Surveys"}])
    when = "2026-02-01T10:00:00+00:00"
    portal.add(1, subscribed=[1001], opted_out=[2002], timestamp=when)
    portal.sandbox.control("hubspot/contacts", contacts=[{"email": "none@example.com"}])
    destination = portal.another(consent={"marketing": 1001, "surveys": 2002})
    _, events, cursor = brought(destination)
    at = 1_769_940_000_000_000
    assert {(one.occurred_at, *sorted(one.props.items())) for one in events} == {
        (at, ("by", "hubspot/main"), ("channel", "email"), ("purpose", purpose), ("state", state))
        for purpose, state in (("marketing", "in"), ("surveys", "out"))
    }
    # A choice told again is the same event; one that changes is another.
    portal.person(0, "write", properties={"city": "Rome"})
    _, again, cursor = brought(destination, cursor)
    assert {one.key for one in again} == {one.key for one in events}
    portal.person(0, "opt_out", type=1001)
    portal.mark()
    records, later, _ = brought(destination, cursor)
    assert [one.status for one in records.values()] == ["unsubscribed"]
    assert [one.consent for one in records.values()] == [{"hubspot/main email surveys": "out"}]
    assert later == []
    # Who has left all that is asked for is not asked about.
    assert not portal.calls("", "/communication-preferences/")


def test_without_a_type_of_marketing_nobody_counts_as_opted_in(portal):
    portal.add(2)
    records, events, _ = brought(portal.another(consent={}))
    assert {one.status for one in records.values()} == {"transactional"}
    assert events == []
    assert not portal.calls("", "/communication-preferences/")


def test_a_list_of_those_who_agreed_can_tell_instead(portal):
    ids = portal.add(3, subscribed=[])
    made = portal.destination.api.raw("POST", "/crm/v3/lists", {
        "name": "Newsletter", "objectTypeId": "0-1", "processingType": "MANUAL"})  # fmt: skip
    number = int(made["list"]["listId"])
    portal.destination.api.raw("PUT", f"/crm/v3/lists/{number}/memberships/add", ids[:2])
    portal.person(1, "opt_out")
    destination = portal.another(opted_in=number)
    records, _, cursor = brought(destination)
    states = ["subscribed", "unsubscribed", "transactional"]
    assert [records[id].status for id in ids] == states
    assert {one.tags for one in records.values()} == {()}
    for n in range(3):
        portal.person(n, "write", properties={"city": "Rome"})
    portal.mark()
    records, _, _ = brought(destination, cursor)
    assert [records[id].status for id in ids] == states
    assert not portal.calls("", "/communication-preferences/")
    assert len(portal.calls("POST", "/memberships/batch/read")) == 1


@pytest.mark.parametrize(("by_list", "most"), [(True, 16), (False, 21)])
def test_a_thousand_changed_contacts_cost_few_reads_with_everything_in(
    ready, may, told, by_list, most
):
    """Fields, two tags, consent: what reading it all back costs, by the ledger."""
    told(ready.destination, [may(1, "setup", {"tag": "Buyers"})])
    people = ready.people(1_000)
    made = ready.destination.api.raw("POST", "/crm/v3/lists", {
        "name": "Newsletter", "objectTypeId": "0-1", "processingType": "MANUAL"})  # fmt: skip
    number = int(made["list"]["listId"])
    ids = [one.outside_id for one in people]
    ready.destination.api.raw("PUT", f"/crm/v3/lists/{number}/memberships/add", ids)
    destination = ready.another(**({"opted_in": number} if by_list else {}))
    _, _, cursor = brought(destination)
    ready.mark()
    told(destination, [may(n, "fields", {"HERO": f"for {n}"}, one) for n, one in enumerate(people)])
    told(destination, [may(n, "tags", {"Regulars": True, "Buyers": n < 100}, one)
                       for n, one in enumerate(people)])  # fmt: skip
    writes, before = ready.counts
    pages = list(destination.pull(cursor))
    records = {one.outside_id: one for page in pages for one in page.records}
    assert (writes, before) == (10 + 2, 1)
    assert ready.counts[1] <= most + before
    one = records[people[5].outside_id]
    told_of = {alias: tags for page in pages for alias, tags in page.tagged.items()}
    assert one.status == "subscribed"
    assert told_of.get(one.alias, one.tags) == ("Buyers", "Regulars")


def test_who_never_agreed_is_written_and_not_sent_to_until_they_agree(corner):
    corner.sandbox.world.portal.choices.pop("p4@example.com")
    corner.settled()
    assert corner.shows(4)["HEADLINE"] == "Thank you"
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))
    plan = corner.plan(NOW + HOUR)
    assert plan.sends == {"welcome": 1}
    assert (corner.apply(plan, NOW + HOUR).sends, len(corner.sent())) == (1, 1)
    assert corner.shows(4)["ORDERS"] == "3"
    assert ledger.created_or_resubscribed(corner.sandbox.entries) == []
    corner.person(4, "opt_in")
    corner.pull(NOW + 2 * HOUR)
    state = corner.store.consent([corner.store.contact_of("email:p4@example.com")])
    assert [list(said.values()) for said in state.values()] == [["in"]]


def test_a_list_that_is_not_there_is_said_with_the_setting_to_correct(portal):
    portal.add(1)
    with pytest.raises(Stop, match=r"no list 9999 in this portal\. Set `opted_in`"):
        brought(portal.another(opted_in=9_999))


def test_a_list_that_was_deleted_meanwhile_is_said_by_the_next_pull_too(portal):
    portal.add(1)
    made = portal.destination.api.raw("POST", "/crm/v3/lists", {
        "name": "Newsletter", "objectTypeId": "0-1", "processingType": "MANUAL"})  # fmt: skip
    number = int(made["list"]["listId"])
    _, _, cursor = brought(portal.another(opted_in=number))
    portal.person(0, "write", properties={"city": "Rome"})
    brought(portal.another(opted_in=number), cursor)
    with pytest.raises(Stop, match=r"no list 9999 in this portal\. Set `opted_in`"):
        brought(portal.another(opted_in=9_999), cursor)


SCOPES = ["crm.objects.contacts.read", "communication_preferences.statuses.batch.read",
          "crm.schemas.contacts.read", "crm.lists.read"]  # fmt: skip


@pytest.mark.parametrize(
    ("scopes", "known"),
    [(None, r"there are 1001 \(Marketing Information\)"), (SCOPES, "the token may not list")],
)
def test_a_subscription_type_that_is_not_there_stops_whoever_pulls(portal, scopes, known):
    """Else nobody would count as having agreed, and only `ofone doctor` would say why."""
    portal.add(2)
    if scopes:
        portal.sandbox.control("hubspot/settings", tokens={TOKEN: scopes})
    wrong = portal.another(consent={"marketing": 1001, "surveys": 77})
    with pytest.raises(Stop, match=rf"^hubspot/main: there is no subscription type 77; .*{known}"):
        brought(wrong)
    portal.mark()
    records, _, _ = brought(portal.another(consent={"marketing": 1001}))
    assert {one.status for one in records.values()} == {"subscribed"}
    assert not portal.calls("", "/definitions")


def test_a_plan_stops_at_a_type_that_is_not_there_and_changes_nobody(corner):
    corner.settled()
    shown = corner.shows(4)
    corner.person(4, "write", properties={"city": "Rome"})
    right = corner.destination
    corner.destination = find("hubspot").destination("main", {
        **right.settings.model_dump(), "consent": {"marketing": 77}})  # fmt: skip
    with pytest.raises(Stop, match="no subscription type 77"):
        corner.pull(NOW + HOUR)
    corner.destination.close()
    corner.destination = right
    corner.pull(NOW + HOUR)
    state = corner.store.consent([corner.store.contact_of("email:p4@example.com")])
    assert [list(said.values()) for said in state.values()] == [["in"]]
    assert corner.shows(4) == shown
