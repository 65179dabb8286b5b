"""The defects of hubspot-api-client 12.0.0 that users would notice, and that they do not."""

import pytest

from personalization.errors import Retry, Stop


def test_all_calls_share_one_connection(ready, may, told):
    people = ready.people(300)
    pool = ready.destination.api.wire.session.get_adapter(ready.sandbox.url).poolmanager
    told(ready.destination, [may(n, "fields", {"HERO": "x"}, one) for n, one in enumerate(people)])
    (key,) = pool.pools.keys()
    assert pool.pools.get(key).num_connections == 1


def test_a_call_without_an_answer_ends_in_time(ready):
    ready.fail({"kind": "slow", "times": 9}, delay=0.5)
    with pytest.raises(Retry, match="no answer"):
        ready.another(timeout=0.1, patience=0).fields()


def test_patience_has_an_end_and_says_when_to_come_back(ready):
    ready.fail({"kind": "429_retry_after", "times": 99})
    with pytest.raises(Retry, match="HTTP 429") as stopped:
        ready.another(patience=25).fields()
    assert stopped.value.after == 10.0


@pytest.mark.parametrize("token", ["revoked", "weak"])
def test_a_token_that_is_refused_stops_and_says_what_it_lacks(ready, token):
    ready.sandbox.control("hubspot/settings", tokens={"weak": ["crm.objects.contacts.read"]})
    with pytest.raises(Stop) as stopped:
        ready.another(token=token).fields()
    said = str(stopped.value)
    assert "hubspot/main: the token was refused" in said
    assert ("crm.schemas.contacts.read" in said) is (token == "weak")
    assert token not in said


def test_an_answer_that_is_no_json_is_tried_later(ready):
    ready.fail({"kind": "502", "times": 99})
    hasty = ready.another(patience=3)
    with pytest.raises(Retry, match="HTTP 502"):
        hasty.fields()


@pytest.mark.parametrize("together", [False, True])
def test_a_search_that_always_gives_the_same_page_ends(ready, together):
    ready.add(1)
    *_, first = ready.destination.pull(None)
    for part in range(1 if together else 3):
        rows = [{"email": f"n{part}-{n}@example.com"} for n in range(400)]
        ready.sandbox.control("hubspot/contacts", contacts=rows)
    real = ready.destination.api.search.do_search

    def deaf(body, **more):
        return real({**body, "filterGroups": []}, **more)

    ready.destination.api.search.do_search = deaf
    with pytest.raises(Retry, match="lead nowhere"):
        list(ready.destination.pull(first.cursor))


def test_pages_that_lead_in_a_circle_end(ready):
    ready.add(300)
    real = ready.destination.api.contacts.get_page
    marks = iter(["1", "2", "3"])

    def turning(after=None, **more):
        return real(after=next(marks, "1"), **more)

    ready.destination.api.contacts.get_page = turning
    ready.mark()
    with pytest.raises(Retry, match="in a circle"):
        list(ready.destination.pull(None))
