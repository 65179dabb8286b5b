"""What the portal tells of many records at once: e-mail events, lists of records, property limits."""

import pytest

EVENTS, OF_RECORDS = "/email/public/v1/events", "/crm/v3/lists/records/memberships/batch/read"


def get(client, path, **query):
    told = "&".join(f"{name}={value}" for name, value in query.items())
    return client.api_request({"path": f"{path}?{told}"})


def test_email_events_of_a_type_and_time_come_newest_first_page_by_page(client, sandbox):
    rows = [{"type": "OPEN", "recipient": "p0@example.com", "timestamp": f"2026-01-01T00:00:{n:02}Z"}
            for n in range(5)]  # fmt: skip
    sandbox.control("hubspot/email_events", events=[*rows, {"type": "CLICK", "recipient": "x"}])
    start = 1_767_225_600_000
    first = get(client, EVENTS, eventType="OPEN", startTimestamp=start + 1_000,
                endTimestamp=start + 4_000, limit=2).json()  # fmt: skip
    assert [row["created"] - start for row in first["events"]] == [3_000, 2_000]
    assert first["hasMore"]
    rest = get(client, EVENTS, eventType="OPEN", startTimestamp=start + 1_000,
               endTimestamp=start + 4_000, limit=2, offset=first["offset"]).json()  # fmt: skip
    assert [row["created"] - start for row in rest["events"]] == [1_000]
    assert not rest["hasMore"]
    assert len(get(client, EVENTS, limit=1_000).json()["events"]) == 6


@pytest.mark.parametrize("query", [{"limit": 1_001}, {"eventType": "SUNG"}, {"offset": "x"}])
def test_a_wrong_question_about_email_events_is_refused(client, query):
    assert get(client, EVENTS, **query).status_code == 400


def test_the_lists_of_a_hundred_records_are_one_call(client, people):
    ids = people(3)
    body = {"name": "vip", "objectTypeId": "0-1", "processingType": "MANUAL"}
    made = client.crm.lists.lists_api.create(body).list
    client.crm.lists.memberships_api.add(made.list_id, ids[:2])

    def read(*records):
        inputs = [{"objectTypeId": "0-1", "recordId": id} for id in records]
        return client.api_request(
            {"method": "POST", "path": OF_RECORDS, "body": {"inputs": inputs}}
        )

    answer = read(*ids, "999")
    found = {row["recordId"]: [one["listId"] for one in row["recordListMemberships"]]
             for row in answer.json()["results"]}  # fmt: skip
    assert found == {ids[0]: [made.list_id], ids[1]: [made.list_id], ids[2]: []}
    assert (answer.status_code, answer.json()["numErrors"]) == (207, 1)
    assert read(*[str(n) for n in range(101)]).status_code == 400


def test_the_room_for_properties_is_told(client, sandbox):
    sandbox.control("hubspot/settings", most_properties=10)
    client.crm.properties.core_api.create("contacts", {
        "name": "own", "label": "Own", "type": "string", "fieldType": "text",
        "groupName": "contactinformation"})  # fmt: skip
    rows = get(client, "/crm/v3/limits/custom-properties").json()["byObjectType"]
    (contacts,) = (row for row in rows if row["objectTypeId"] == "0-1")
    assert (contacts["limit"], contacts["usage"]) == (10, 1)


def test_choices_of_many_need_a_scope_of_their_own(client_with, sandbox, people):
    people(1)
    sandbox.control("hubspot/settings", tokens={
        "one": ["communication_preferences.read"],
        "many": ["communication_preferences.statuses.batch.read"]})  # fmt: skip
    path = "/communication-preferences/v4/statuses/batch/read?channel=EMAIL"
    body = {"inputs": ["p0@example.com"]}
    codes = [client_with(token).api_request({"method": "POST", "path": path, "body": body})
             .status_code for token in ("one", "many")]  # fmt: skip
    assert codes == [403, 200]
