"""The webhook destination on the wire: signatures by the published vector, what answers mean, and
what a receiver is told; judged by a receiver that verifies by code of its own."""

import base64
import json
import re
from pathlib import Path

import pytest

from connectors import find
from connectors.sandbox.ledger import calls
from connectors.sandbox.receiver import receiving, sent
from connectors.shared.standard_webhooks import key_of, signature
from personalization.consent import Standing, permit
from personalization.errors import Retry, Stop
from personalization.links import token_of
from personalization.mirror import About
from personalization.models import OutboxRow

OLD = "whsec_" + base64.b64encode(b"o" * 32).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()
NOW = 1_772_452_800


class Clock:
    """A clock that the test turns."""

    now = float(NOW)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def receiver(clock):
    with receiving(NEW, clock=clock) as running:
        yield running


@pytest.fixture
def made(receiver, clock):
    """Makes a destination over the receiver; `slept` collects what it would have slept."""
    all_made = []

    def make(**more):
        slept = []
        settings = {"url": receiver.url, "secret": NEW, "sleep": slept.append, "clock": clock,
                    "channels": ["sms"], "patience": 5}  # fmt: skip
        one = find("webhook").destination("till", settings | more)
        one.slept = slept
        all_made.append(one)
        return one

    yield make
    for one in all_made:
        one.close()


def row(number, kind, new, **more):
    """A permitted row about contact c<number>."""
    wanted = OutboxRow(id=number, plan="plan-1", destination="webhook", account="till",
                       contact=f"c{number}", kind=kind, old={}, new=new, **more)  # fmt: skip
    standing = Standing("subscribed", f"c{number}", None, consent={"x/main sms marketing": "in"})
    return permit(wanted, standing, "sms")


def fields(count):
    return [row(n, "fields", {"HERO": f"text {n}"}) for n in range(1, count + 1)]


def sms(number):
    new = {"event": "cart_left", "message": "come_back", "trigger": "cart_left", "channel": "sms",
           "basis": "marketing", "cause": "shopify/main:order:7"}  # fmt: skip
    return row(number, "send", new, key=f"cart_left|c{number}|x", moment=NOW * 1_000_000)


def results(outcomes):
    return {one.row: one.result for group in outcomes for one in group}


def test_the_published_vector_of_standard_webhooks_is_what_we_sign() -> None:
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    made = signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_secrets_change_a_receiver_may_know_either(made, receiver) -> None:
    for told, known in ((NEW, NEW), (NEW, OLD), (OLD, NEW)):
        receiver.receiver.secrets = (known,)
        one = made(secret=told, old_secret=OLD if told == NEW else NEW)
        assert results(one.tell(fields(1), {})) == {1: "accepted"}
    receiver.receiver.secrets = (OLD,)
    with pytest.raises(Stop, match="refuses the signature") as stopped:
        list(made().tell(fields(1), {}))
    assert NEW not in str(stopped.value)


def test_contacts_go_together_with_what_the_receiver_knows_them_by(made, receiver) -> None:
    decision = {"id": "ab" * 16, "token": "t" * 22, "slot": "hero", "message": "loved",
                "picks": ["tea"]}  # fmt: skip
    about = {"c1": About(aliases=("files/main:7",), decisions=(decision,))}
    one = made(batch=100)
    assert set(results(one.tell(fields(250), about)).values()) == {"accepted"}
    assert len(calls(receiver.entries)) == 3
    tags = [row(300, "tags", {"Regulars": True, "Lapsing": False})]
    assert results(one.tell(tags, {})) == {300: "accepted"}
    held = receiver.receiver.contacts
    assert held["c1"]["fields"] == {"HERO": "text 1"}
    assert (held["c1"]["aliases"], held["c1"]["decisions"]) == (["files/main:7"], [decision])
    assert held["c300"]["segments"] == {"Regulars"}
    assert not list(one.pull(None))


def test_one_contact_that_is_refused_does_not_hold_up_the_others(made, receiver) -> None:
    receiver.receiver.refuses = {"c4"}
    done = results(made(batch=10).tell(fields(10), {}))
    assert {number for number, result in done.items() if result == "refused"} == {4}
    assert len(receiver.receiver.contacts) == 9


def test_a_receiver_that_refuses_everybody_needs_a_person_soon(made, receiver) -> None:
    receiver.receiver.refuses = {f"c{n}" for n in range(1, 101)}
    with pytest.raises(Stop, match="to every message"):
        list(made().tell(fields(100), {}))
    assert len(calls(receiver.entries)) < 50


@pytest.mark.parametrize(
    ("failure", "error", "remedy"),
    [("410", Stop, "gone for good"), ("401", Stop, "same secret"), ("404", Stop, "correct the url"),
     ("500", Retry, "also after"), ("429_retry_after", Retry, "also after")],
)  # fmt: skip
def test_an_answer_says_what_to_do_next(made, receiver, failure, error, remedy) -> None:
    receiver.fail(script=[{"kind": failure, "times": 99}])
    one = made()
    with pytest.raises(error, match=remedy) as raised:
        list(one.tell(fields(1), {}))
    assert "webhook/till" in str(raised.value)
    if error is Retry:
        assert raised.value.after == (2.0 if failure == "429_retry_after" else None)
        assert 0 < sum(one.slept) <= 5
    (finding,) = one.examine()
    assert finding.level == "wrong"
    receiver.fail()
    (finding,) = one.examine()
    assert finding.level == "good"


@pytest.mark.parametrize("failure", ["lost_after", "lost_before", "500", "429"])
def test_a_send_whose_answer_was_lost_happens_once(made, receiver, failure) -> None:
    receiver.fail(script=[{"kind": failure}])
    assert results(made().tell([sms(1)], {})) == {1: "accepted"}
    # Whoever is killed after the call and before the answer tells it again, as a new process.
    assert made().sent([sms(1)]) == {1: False}
    assert results(made().tell([sms(1)], {})) == {1: "accepted"}
    assert len(sent(receiver.entries)) == len(receiver.receiver.messages) == 1
    ids = {call["id"] for call in calls(receiver.entries) if call["id"]}
    assert len(ids) == 1


def test_a_receiver_that_forgets_ids_is_asked_at_most_once(made, receiver) -> None:
    receiver.receiver.forgetful = True
    receiver.fail(script=[{"kind": "lost_after"}])
    one = made(idempotent=False)
    assert results(one.tell([sms(1)], {})) == {1: "uncertain"}
    assert one.sent([sms(1)]) == {1: None}
    assert len(sent(receiver.entries)) == 1


def test_a_send_says_all_that_an_sms_needs_and_not_what_caused_it(made, receiver) -> None:
    about = {"c1": About(aliases=("files/main:7",), fields={"HERO": "Hello"}, segments=("Buyers",))}
    list(made().tell([sms(1)], about))
    (message,) = receiver.receiver.messages
    assert message["channel"] == "sms"
    assert message["fields"] == {"HERO": "Hello"}
    assert (message["aliases"], message["segments"]) == (["files/main:7"], ["Buyers"])
    assert "order:7" not in json.dumps(message)
    mail = row(2, "send", {"event": "e", "channel": "email", "basis": "transactional"}, key="k")
    assert results(made().tell([mail], {})) == {2: "refused"}


def shape(value):
    """What a message is made of, whatever it says."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return "list" if isinstance(value, list) else type(value).__name__


def test_the_page_shows_what_is_sent(made, receiver) -> None:
    page = (Path(__file__).parents[3] / "docs" / "receiver.md").read_text()
    shown = {name: json.loads(body)
             for name, body in re.findall(r"```json (\w+)\n(.*?)```", page, re.DOTALL)}  # fmt: skip
    fields_told, tags_told = shown["changed"]["data"]["contacts"]
    (decision,) = fields_told["decisions"]
    assert token_of(decision["id"]) == decision["token"]
    about = {"c1": About(aliases=("a",), fields=fields_told["fields"], decisions=(decision,))}
    one = made()
    list(one.tell([row(1, "fields", fields_told["fields"])], about))
    list(one.tell([row(1, "tags", {"Regulars": True})], about))
    list(one.tell([sms(1)], about))
    told, tags, message = (call["body"] for call in calls(receiver.entries))
    (fields_sent,), (tags_sent,) = told["data"]["contacts"], tags["data"]["contacts"]
    assert shape(fields_sent | {"fields": {}}) == shape(fields_told | {"fields": {}})
    assert shape(tags_sent) == shape(tags_told)
    assert told.keys() == shown["changed"].keys()
    assert shape(message) == shape(shown["send"])


def test_an_attempt_made_late_is_signed_anew(made, receiver, clock) -> None:
    """A signature is valid for five minutes; a receiver may be away for longer."""
    one = made(patience=1_000)

    def away(seconds):
        clock.now += 400
        assert seconds > 0

    one.receiver.wire.sleep = away
    receiver.fail(script=[{"kind": "500", "times": 2}])
    assert results(one.tell(fields(1), {})) == {1: "accepted"}


def test_a_call_that_was_changed_on_its_way_is_not_taken(made, receiver) -> None:
    import requests

    body, stamp = b'{"type":"ping","data":{}}', str(NOW)
    right = signature([key_of(NEW)], "msg_1", NOW, body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": right}
    changed = [
        (headers, body.replace(b"ping", b"pong")), (headers | {"webhook-id": "msg_2"}, body),
        (headers | {"webhook-timestamp": str(NOW + 1)}, body),
        (headers | {"webhook-timestamp": str(NOW - 301)}, body), (headers, body),
    ]  # fmt: skip
    answers = [requests.post(receiver.url, data=b, headers=h, timeout=5) for h, b in changed]
    assert [one.status_code for one in answers] == [401, 401, 401, 401, 200]
    for one in answers:
        one.close()
