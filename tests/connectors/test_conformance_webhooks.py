"""What holds for every webhook found. Its stage is `stages/hook_NAME.py`: SETTINGS, ROTATED (a new
secret beside the old one), WRONG settings, SECRETS that no message may repeat, SIGNATURE (the
header's name), TIMED (whether a time stamp is signed), BODY, NEW (another secret), NOW, and
`request(body, secret, at)`, which signs. Where bodies are no JSON: TOLD, and `made(told)`."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import available, find
from connectors.shared.signatures import Refused
from personalization.errors import Skip, Stop

HERE = Path(__file__).parent
NAMES = [name for name in available() if hasattr(find(name), "webhook")]
SECOND = 1_000_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def stage_of(name):
    path = HERE / "stages" / f"hook_{name}.py"
    assert path.exists(), f"webhook {name} has no {path.name}; docs/webhooks.md says what is in it"
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STAGES = {name: stage_of(name) for name in NAMES}
HOOKS = {name: find(name).webhook("main", stage.SETTINGS) for name, stage in STAGES.items()}
each = pytest.mark.parametrize("name", NAMES)


def with_headers(request, **headers):
    return request.model_copy(update={"headers": headers})


def refused(name, request, reason=None):
    """Checks that a call is not let in, for that reason and without a secret in the message."""
    with pytest.raises(Refused) as error:
        HOOKS[name].verify(request)
    assert reason is None or error.value.reason == reason
    assert not any(secret in str(error.value) for secret in STAGES[name].SECRETS)


@each
def test_wrong_settings_stop_and_repeat_no_secret(name):
    for wrong in STAGES[name].WRONG:
        with pytest.raises(Stop) as stopped:
            find(name).webhook("main", wrong)
        assert f"{name}/main" in str(stopped.value)
        assert not any(secret in str(stopped.value) for secret in STAGES[name].SECRETS)
        assert not any(secret in repr(HOOKS[name]) for secret in STAGES[name].SECRETS)


@each
def test_a_signed_call_is_let_in_and_says_the_same_every_time(name):
    hook, request = HOOKS[name], STAGES[name].request()
    assert (hook.name, hook.account) == (name, "main")
    hook.verify(request)
    first, again = hook.parse(request), hook.parse(STAGES[name].request())
    assert first.events == again.events
    assert len({event.key for event in first.events}) == len(first.events) > 0
    assert all(event.alias.startswith((f"{name}/main:", "email:")) for event in first.events)
    assert all(
        "ana@" not in event.key or event.kind in ("link", "consent") for event in first.events
    )


@each
def test_a_call_that_comes_again_later_says_the_same(name):
    """Under another stamp, and under another id of the delivery where a header has one."""
    stage, late = STAGES[name], STAGES[name].NOW + 250 * SECOND
    first, again = stage.request(), stage.request(at=late, received_at=late)
    ids = {key: "another" for key in again.headers if key.endswith(("Webhook-Id", "Delivery-ID"))}
    again = with_headers(again, **{**again.headers, **ids})
    HOOKS[name].verify(again)
    assert HOOKS[name].parse(again).events == HOOKS[name].parse(first).events


@each
def test_two_accounts_share_no_name_and_no_key(name):
    request = STAGES[name].request()
    told = [find(name).webhook(account, STAGES[name].SETTINGS).parse(request).events
            for account in ("main", "second")]  # fmt: skip
    for account, events in zip(("main", "second"), told, strict=True):
        assert all(one.alias.startswith((f"{name}/{account}:", "email:")) for one in events)
    # What is said of an address alone is one statement, but for whose word it is.
    keys = [
        {one.key for one in events if one.kind not in ("link", "attributes")} for events in told
    ]
    assert keys[0].isdisjoint(keys[1])


@each
def test_header_names_count_in_any_case_and_only_once(name):
    request = STAGES[name].request()
    lower = {key.lower(): value for key, value in request.headers.items()}
    HOOKS[name].verify(with_headers(request, **lower))
    refused(
        name, with_headers(request, **request.headers, **{STAGES[name].SIGNATURE.swapcase(): "x"})
    )


@each
def test_without_a_signature_or_any_header_nothing_is_let_in(name):
    request = STAGES[name].request()
    rest = {key: value for key, value in request.headers.items() if key != STAGES[name].SIGNATURE}
    refused(name, with_headers(request, **rest), "missing header")
    refused(name, with_headers(request), "missing header")
    refused(name, with_headers(request, **{**rest, STAGES[name].SIGNATURE: ""}), "missing header")


@each
def test_a_wrong_secret_is_refused(name):
    refused(name, STAGES[name].request(secret=STAGES[name].NEW), "wrong signature")


@each
def test_while_secrets_change_both_are_right_and_no_third(name):
    stage = STAGES[name]
    rotated = find(name).webhook("main", stage.ROTATED)
    rotated.verify(stage.request())
    key = {"key": stage.ROTATED["write_key"]} if "write_key" in stage.ROTATED else {}
    rotated.verify(stage.request(secret=stage.NEW, **key))
    refused(name, stage.request(secret=stage.SECRET[:-4] + "AAA="), "wrong signature")


@each
def test_a_body_that_is_too_large_is_refused_before_anything_else(name):
    stage = STAGES[name]
    small = find(name).webhook("main", {**stage.SETTINGS, "most_bytes": len(stage.BODY)})
    small.verify(stage.request())
    with pytest.raises(Refused, match="too large"):
        small.verify(with_headers(stage.request(body=stage.BODY + b" ")))


@each
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_bit_flipped_anywhere_is_refused(name, data):
    request = STAGES[name].request()
    where = data.draw(st.sampled_from(["body", STAGES[name].SIGNATURE]))
    raw = bytearray(request.body if where == "body" else request.headers[where].encode())
    place = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[place // 8] ^= 1 << place % 8
    if where == "body":
        refused(name, request.model_copy(update={"body": bytes(raw)}), "wrong signature")
    else:
        changed = {**request.headers, where: raw.decode("latin-1")}
        refused(name, with_headers(request, **changed))


@each
def test_a_signature_cut_short_or_in_another_text_of_the_same_bytes_is_refused(name):
    request, header = STAGES[name].request(), STAGES[name].SIGNATURE
    given = request.headers[header]
    for other in (
        given[:-1],
        given.rstrip("="),
        given + " ",
        given + "=",
        f" {given}\n",
        given.upper(),
    ):
        if other != given:
            refused(name, with_headers(request, **{**request.headers, header: other}))


@each
def test_a_time_stamp_holds_in_both_directions(name):
    stage = STAGES[name]
    if not stage.TIMED:
        HOOKS[name].verify(stage.request(at=0))
        return
    for late in (-300, 0, 300):
        HOOKS[name].verify(stage.request(at=stage.NOW - late * SECOND))
    refused(name, stage.request(at=stage.NOW - 301 * SECOND), "too old")
    refused(name, stage.request(at=stage.NOW + 301 * SECOND), "too new")
    refused(name, stage.request(at=stage.NOW + 86_400 * SECOND), "too new")


@each
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b"7", b"NaN", b'{"a":', b"\xff\xfe", b"\x00" * 9, b"9" * 5000,
     b"[" * 100_000, b'{"a":' * 900 + b"1" + b"}" * 900, b'{"id":1e999999999,"type":"track"}',
     b'{"id":"\\ud800","created_at":"9999-12-31T23:59:59-23:59"}'],
)  # fmt: skip
def test_bodies_that_make_no_sense_are_read_or_skipped_and_never_crash(name, body):
    try:
        HOOKS[name].parse(STAGES[name].request(body=body))
    except Skip:
        return


def mutated(value, data):
    """The same JSON with any value in it exchanged for any other."""
    if data.draw(st.integers(0, 5)) == 0:
        return data.draw(JSON)
    if isinstance(value, dict):
        return {
            key: mutated(one, data) for key, one in value.items() if data.draw(st.integers(0, 9))
        }
    return [mutated(one, data) for one in value] if isinstance(value, list) else value


@each
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_body_with_anything_in_any_place_is_read_or_skipped(name, data):
    stage = STAGES[name]
    told = stage.TOLD if hasattr(stage, "TOLD") else json.loads(stage.BODY)
    made = getattr(stage, "made", lambda value: json.dumps(value).encode())
    body = made(mutated(told, data))
    try:
        received = HOOKS[name].parse(STAGES[name].request(body=body))
    except Skip:
        return
    for event in received.events:
        amount = event.props.get("amount")
        assert amount is None or (type(amount) is int and abs(amount) < 2**63)
        json.dumps(event.props)
