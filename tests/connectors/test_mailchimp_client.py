"""Each defect of the official client, and what comes out with it guarded."""

import io
import tarfile

import pytest
import requests

from connectors import find
from connectors.sandbox.server import running
from connectors.sandbox.world import LIST
from connectors.shared.http import LONGEST_WAIT, Rejected, asked_wait
from connectors.shared.redaction import clean
from personalization.errors import Retry, Stop
from tests.connectors.scripted import KEY, scripting


@pytest.fixture
def scripted():
    with scripting() as script:
        yield script


@pytest.mark.parametrize("status", [429, 500, 502, 503, 403])
def test_a_bodyless_error_is_an_error_and_ends_in_retry(scripted, status):
    for _ in range(20):
        scripted.answer(status)
    with pytest.raises(Retry, match=f"HTTP {status}"):
        scripted.destination(patience=20).fields()
    assert scripted.slept == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_an_answer_without_a_body_is_fine_where_none_is_needed(scripted):
    api = scripted.destination().api
    scripted.answer(204)
    scripted.answer(200, {})
    assert api.call(api.lists.delete_list_merge_field, "abc", "1") == {}
    assert api.call(api.lists.delete_list_merge_field, "abc", "1") == {}


def test_a_page_of_html_is_no_answer(scripted):
    scripted.answers.append((200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"))
    with pytest.raises(Retry, match=r"is 127\.0\.0\.1.* the API"):
        scripted.destination().fields()


def test_all_calls_share_one_connection(scripted):
    destination = scripted.destination()
    for _ in range(10):
        destination.fields()
    assert len(scripted.seen) == 10
    assert scripted.connections == 1


def test_retry_after_is_waited_for_in_seconds_or_until_a_date(scripted):
    scripted.answer(429, None, Retry_After="7")
    assert scripted.destination().fields() == []
    assert scripted.slept == [7]
    dated = requests.Response()
    dated.headers["Date"] = "Sun, 01 Mar 2026 09:00:00 GMT"
    dated.headers["Retry-After"] = "Sun, 01 Mar 2026 09:00:11 GMT"
    assert asked_wait(dated) == 11
    dated.headers["Retry-After"] = "soon"
    assert asked_wait(dated) is None


def test_a_longer_wait_than_patience_is_left_to_the_caller(scripted):
    scripted.answer(429, None, Retry_After="3600")
    with pytest.raises(Retry) as later:
        scripted.destination().fields()
    assert later.value.after == 3600
    assert scripted.slept == []


@pytest.mark.parametrize(("status", "body"), [(401, None), (401, {"title": "API Key Invalid"}),
                                              (403, {"title": "Forbidden", "detail": "No."})])  # fmt: skip
def test_a_refused_key_stops_with_the_remedy_and_without_the_key(scripted, status, body):
    scripted.answer(status, body)
    with pytest.raises(Stop, match="Give this account a valid key") as stopped:
        scripted.destination().fields()
    assert KEY not in str(stopped.value)
    assert scripted.slept == []


def test_a_problem_says_which_field_and_names_nobody(scripted):
    problem = {"title": "Invalid Resource", "detail": "See errors.", "status": 400,
               "errors": [{"field": "FNAME", "message": "ana@example.com is not a name"}]}  # fmt: skip
    scripted.answer(400, problem)
    with pytest.raises(Rejected) as no:
        scripted.destination().fields()
    assert (no.value.status, no.value.reason) == (
        400, "Invalid Resource: FNAME: [address] is not a name")  # fmt: skip


@pytest.mark.parametrize("body", ["text", ["list"], {"errors": "odd"}, {"errors": [1, {}]}])
def test_a_problem_of_any_shape_is_a_refusal(scripted, body):
    scripted.answer(400, body)
    with pytest.raises(Rejected):
        scripted.destination().fields()


def test_an_id_with_server_in_it_stays_whole(scripted):
    destination = scripted.destination(list="server1")
    destination.fields()
    assert scripted.seen[0]["path"].startswith("/3.0/lists/server1/merge-fields")


def test_a_boolean_in_a_query_is_json(scripted):
    api = scripted.destination().api
    api.call(api.lists.batch_list_members, "abc", {"members": []}, skip_merge_validation=True)
    assert "skip_merge_validation=true" in scripted.seen[0]["path"]


def test_a_redirect_is_not_followed(scripted):
    scripted.answer(302, None, Location=f"{scripted.url}/elsewhere")
    with pytest.raises(Rejected):
        scripted.destination().fields()
    assert len(scripted.seen) == 1


def test_results_elsewhere_get_no_key_and_strange_places_are_not_asked(scripted):
    api = scripted.destination().api
    scripted.answers.append((200, {}, b"archive"))
    assert api.download(f"{scripted.url}/results") == b"archive"
    assert scripted.seen[0]["key"] is None
    with pytest.raises(Retry, match="not trusted"):
        api.download("http://elsewhere.example.com/results")


def test_results_that_are_no_archive_are_left_for_later(scripted):
    from connectors.shared.mailchimp_jobs import results

    raw, content = io.BytesIO(), b'[{"operation_id": "1"}]'
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.json")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    scripted.answers.append((200, {}, raw.getvalue()))
    with pytest.raises(Retry, match="cannot be read"):
        results(scripted.destination().api, f"{scripted.url}/results")
    scripted.answers.append((200, {}, b"not gzip"))
    with pytest.raises(Retry, match="cannot be read"):
        results(scripted.destination().api, f"{scripted.url}/results")


def test_a_slow_answer_ends_at_the_time_limit():
    with running(script=[{"kind": "slow", "times": 9}], delay=0.5) as sandbox:
        settings = {"list": LIST, "key": KEY, "url": f"{sandbox.url}/3.0", "timeout": 0.05,
                    "patience": 1, "sleep": lambda _: None}  # fmt: skip
        with pytest.raises(Retry, match="it took too long"):
            find("mailchimp").destination("main", settings).fields()


def test_nobody_there_is_retry_even_for_what_must_not_happen_twice():
    wire = find("mailchimp").destination(
        "main", {"list": "abc", "key": KEY, "url": "http://127.0.0.1:1/3.0", "patience": 1,
                 "sleep": lambda _: None}).api.wire  # fmt: skip
    wire.once = True
    with pytest.raises(Retry, match="no answer"):
        wire.send("GET", "http://127.0.0.1:1/3.0/")


def test_waiting_never_grows_beyond_its_limit(scripted):
    for _ in range(12):
        scripted.answer(500)
    scripted.destination(patience=1_000).fields()
    assert max(scripted.slept) == LONGEST_WAIT


@pytest.mark.parametrize("settings", [{}, {"list": "a"}, {"list": "a", "key": "k", "typo": 1},
                                      {"list": "a/b", "key": "secret-us6"},
                                      {"list": "a", "key": "secret"}])  # fmt: skip
def test_wrong_settings_stop_without_repeating_them(settings):
    with pytest.raises(Stop, match="mailchimp/main") as stopped:
        find("mailchimp").destination("main", settings)
    assert "secret" not in str(stopped.value)


def test_the_key_names_the_data_centre_unless_the_settings_do():
    make = find("mailchimp").destination
    assert make("m", {"list": "a", "key": KEY}).api.host() == "us6.api.mailchimp.com"
    assert make("m", {"list": "a", "key": KEY, "server": "us9"}).api.host() == (
        "us9.api.mailchimp.com")  # fmt: skip
    assert KEY not in repr(make("m", {"list": "a", "key": KEY}).settings)


@pytest.mark.parametrize(("said", "kept"), [
    ("ana.o'neil+x@mail.example.com is odd", "is odd"),
    (f"key {KEY} refused", "refused"),
    ("member 9e107d9d372bb6826bd81d3542a419d6 gone", "gone"),
    ("call +33 6 12 34 56 78 now", "now"),
])  # fmt: skip
def test_what_others_say_is_kept_without_persons_and_keys(said, kept):
    text = clean(said)
    assert kept in text
    assert not any(part in text for part in ("@", "0123456789abcdef", "9e107d9d", "12 34"))
