"""Every webhook source over HTTP: who is let in and who is not, and that what comes twice counts
once. What each source's own signature holds is in tests/connectors."""

import json
from importlib import import_module
from urllib.parse import urlsplit

import pytest

from connectors import available, find
from functions.door.serving import serving
from functions.shop import open_shop
from tests.functions.door.conftest import Open

NAMES = [name for name in available() if hasattr(find(name), "webhook")]
SECOND = 1_000_000


def stage_of(name):
    return import_module(f"tests.connectors.stages.hook_{name}")


def table(name, settings) -> str:
    """Settings as ofone.toml has them."""
    rows = "\n".join(f"{key} = {json.dumps(value)}" for key, value in settings.items()
                     if not isinstance(value, dict))  # fmt: skip
    return f"[webhook.{name}.main]\n{rows}\n"


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """A shop without a destination that takes every source's calls, while secrets are changed."""
    folder = tmp_path_factory.mktemp("every")
    (folder / "playbook").mkdir()
    (folder / "playbook" / "playbook.yaml").write_text(
        "name: ear\ntraits:\n  orders: {count: order, window: 90d}\n"
        "segments:\n  buyers: orders >= 1\nlimits: {holdout: 0%}\n"
    )
    hooks = ""
    for name in NAMES:
        stage = stage_of(name)
        url = {"url": stage.URL} if name in ("square", "hubspot") else {}
        hooks += table(name, {**stage.ROTATED, **url, "most_bytes": 5_000})
    now = stage_of("shopify").NOW
    (folder / "ofone.toml").write_text(f'playbook = "playbook"\nnow = "{now}"\n{hooks}')
    lines = []
    with (
        open_shop(folder / "ofone.toml") as shop,
        serving(shop, lines.append, a_round=3_600) as served,
    ):
        yield Open(shop, served.url, served.work, lines)


def send(door, name, request, **changes):
    """Sends a stage's call to the door; the status."""
    request = request.model_copy(update=changes)
    path = f"/hooks/{name}/main"
    if name == "mailchimp":
        path += f"/{urlsplit(request.url).path.rpartition('/')[2]}"
    return door.call("POST", path, request.body, **request.headers).status


@pytest.mark.parametrize("name", NAMES)
def test_who_is_let_in_over_http(every, name) -> None:
    stage, door = stage_of(name), every
    new = {"key": stage.ROTATED["write_key"]} if "write_key" in stage.ROTATED else {}
    assert send(door, name, stage.request()) == 200  # by the old secret
    assert send(door, name, stage.request(secret=stage.NEW, **new)) == 200  # and by the new one
    waiting = len(door.shop.store.waiting())
    third = stage.SECRET[:-4] + "AAA="
    flipped = bytes([stage.BODY[0] ^ 1]) + stage.BODY[1:]
    rest = {key: one for key, one in stage.request().headers.items() if key != stage.SIGNATURE}
    assert send(door, name, stage.request(secret=third)) == 401
    assert send(door, name, stage.request(), body=flipped) == 401
    assert send(door, name, stage.request(), headers=rest) == 401
    assert send(door, name, stage.request(body=b" " * 5_001)) == 413
    if stage.TIMED:
        for at in (stage.NOW - 301 * SECOND, stage.NOW + 301 * SECOND):
            assert send(door, name, stage.request(at=at)) == 401
        assert send(door, name, stage.request(at=stage.NOW - 299 * SECOND)) == 200
        waiting += 1
    assert len(door.shop.store.waiting()) == waiting


def test_what_came_twice_or_more_is_taken_in_once(every) -> None:
    """After the calls above, in whatever order they ran."""
    for name in NAMES:
        assert send(every, name, stage_of(name).request()) == 200
    every.turn()
    store = every.shop.store
    assert store.waiting() == []
    assert list(store.dead_letters()) == []
    ana = store.contact_of("email:ana@example.com")
    heard = [one.key for one, _ in store.events_of(ana)]
    assert len(heard) == len(set(heard))
    for name in NAMES:
        hook = find(name).webhook("main", stage_of(name).SETTINGS)
        told = hook.parse(stage_of(name).request()).events
        assert {one.key for one in told if not one.key.startswith("email:")} <= set(heard), name
    watermark = store.watermark()
    for name in NAMES:
        send(every, name, stage_of(name).request())
    every.turn()
    again = [(one.key, at) for one, at in store.events_of(ana)]
    assert [key for key, _ in again] == heard
    assert max(at for _, at in again) <= watermark
