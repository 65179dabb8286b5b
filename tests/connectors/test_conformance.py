"""What holds for every connector found. docs/connectors.md says how to bring a new one here:
`stages/stage_NAME.py` with `stage(folder)`, which yields settings under which it works, `WRONG`
settings, and `SECRETS` that no message may repeat. One of a mirror, which is told and cannot be
asked, has `MIRROR = True`: what needs a pull is not asked of it. Webhooks have a suite of their own, in
`test_conformance_webhooks.py`."""

import subprocess
import sys
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest

from connectors import available, find
from personalization.connector import events
from personalization.errors import Stop
from personalization.models import Record
from tests.connectors.suites import brought, permits, stage_of, written
from tests.connectors.told import events_of

HERE = Path(__file__).parent
NAMES = available()
SOURCES = [name for name in NAMES if hasattr(find(name), "source")]
DESTINATIONS = [name for name in NAMES if hasattr(find(name), "destination")]
WEBHOOKS = [name for name in NAMES if hasattr(find(name), "webhook")]
CLIENTS = {"mailchimp_marketing", "hubspot", "stripe", "square", "shopify"}


MIRRORS = [name for name in DESTINATIONS if getattr(stage_of(name), "MIRROR", False)]
KEEPING = [name for name in DESTINATIONS if name not in MIRRORS]
"""Destinations that hold records."""


@pytest.fixture
def made(tmp_path):
    """Makes a connector on its stage; called again it makes another one, as a new process would."""
    with ExitStack() as stack:
        settings, all_made = {}, []

        def make(name, kind):
            if name not in settings:
                settings[name] = stack.enter_context(stage_of(name).stage(tmp_path))
            all_made.append(getattr(find(name), kind)("main", settings[name]))
            return all_made[-1]

        yield make
        for connector in all_made:
            getattr(connector, "close", lambda: None)()


def each(kinds):
    return pytest.mark.parametrize("name", kinds)


BOTH = pytest.mark.parametrize(
    ("name", "kind"),
    [(name, "source") for name in SOURCES] + [(name, "destination") for name in DESTINATIONS],
)

PULLED = pytest.mark.parametrize(
    ("name", "kind"),
    [(name, "source") for name in SOURCES] + [(name, "destination") for name in KEEPING],
)


def test_connectors_are_found_by_name_and_others_are_not():
    assert {"files", "mailchimp"} <= set(NAMES)
    assert not {"sandbox", "shared"} & set(NAMES)
    with pytest.raises(Stop, match="Did you mean 'mailchimp'"):
        find("mailchump")
    with pytest.raises(Stop, match="There are: "):
        find("sandbox")


@each(NAMES)
def test_a_connector_is_a_source_a_destination_or_a_webhook_and_says_what_it_is(name):
    module = find(name)
    assert name in SOURCES + DESTINATIONS + WEBHOOKS
    assert len(module.__doc__) > 60


@each(NAMES)
def test_finding_a_connector_loads_no_vendor_client(name):
    program = f"import sys; from connectors import find; find({name!r}); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                         cwd=HERE.parents[1])  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert not CLIENTS & set(ran.stdout.split())


@BOTH
def test_wrong_settings_stop_and_repeat_no_secret(name, kind):
    stage = stage_of(name)
    for settings in stage.WRONG:
        with pytest.raises(Stop) as stopped:
            getattr(find(name), kind)("main", settings)
        assert f"{name}/main" in str(stopped.value)
        assert not any(secret in str(stopped.value) for secret in stage.SECRETS)


@BOTH
def test_it_is_named_after_its_module_and_account(name, kind, made):
    connector = made(name, kind)
    assert (connector.name, connector.account) == (name, "main")


@PULLED
def test_a_pull_killed_after_any_page_loses_nothing(name, kind, made):
    whole = brought(made(name, kind).pull(None))
    count = sum(1 for _ in made(name, kind).pull(None))
    assert len(whole) > 50
    for stored in range(1, min(count, 5) + 1):
        reading = made(name, kind).pull(None)
        before = list(islice(reading, stored))
        after = list(made(name, kind).pull(before[-1].cursor))
        assert brought(before) | brought(after) == whole


@PULLED
def test_a_second_pull_brings_nothing_new(name, kind, made):
    pages = list(made(name, kind).pull(None))
    again = list(made(name, kind).pull(pages[-1].cursor))
    assert brought(again) <= brought(pages)
    assert all(isinstance(page.cursor, str) for page in pages)


@PULLED
def test_events_name_whose_they_are_and_keys_are_not_shared(name, kind, made):
    events = [event for page in made(name, kind).pull(None) for event in events_of(page)]
    # A row may come twice in one pull; under one key it says one thing.
    said = {(event.key, event.model_dump_json()) for event in events}
    assert len({key for key, _ in said}) == len(said)
    assert all(event.alias.startswith((f"{name}/main:", "email:")) for event in events)


def standing(name, made):
    """What a fresh pull shows, by alias."""
    return {r.alias: r for page in made(name, "destination").pull(None) for r in page.records}


@each(KEEPING)
@pytest.mark.parametrize("count", [3, 60])
def test_fields_tags_and_sends_arrive_and_setting_up_twice_changes_nothing(name, made, count):
    destination = made(name, "destination")
    people = list(standing(name, made).values())[:count]
    wanted = [{"field": "HERO", "label": "Hero (ofone)"}, {"tag": "Regulars"}]
    defining = events(destination) is not None
    wanted += [{"event": "cart_left"}] if defining else []
    setup = permits("setup", wanted, [None] * len(wanted))
    for _ in range(2):
        assert set(written(destination, setup).values()) == {"accepted"}
    assert [(one.name, one.ours) for one in events(destination) or ()] == (
        [("cart_left", True)] if defining else [])  # fmt: skip
    assert [field.ours for field in destination.fields() if field.name == "HERO"] == [True]
    assert [tag.name for tag in destination.tags()] == ["Regulars"]

    fields = permits("fields", [{"HERO": f"for {n}"} for n in range(count)], people)
    tags = permits("tags", [{"Regulars": True}] * count, people)
    sends = permits("send", [{"event": "cart_left", "message": "m"}] * count, people, moment=10**15)
    for group in (fields, tags, sends[1:]):
        assert set(written(destination, group).values()) == {"accepted"}
    shown = standing(name, made)
    assert [shown[one.alias].values["HERO"] for one in people] == [f"for {n}" for n in range(count)]
    assert {shown[one.alias].tags for one in people} == {("Regulars",)}
    happened = destination.sent(sends)
    assert [happened[one.row.id] for one in sends] == [False] + [True] * (count - 1)

    gone = [{f"drop_{what}": one[what]} for one in wanted
            for what in ("field", "tag", "event") if what in one]  # fmt: skip
    dropped = permits("setup", gone, [None] * len(gone))
    for _ in range(2):
        assert set(written(destination, dropped).values()) == {"accepted"}
    assert (destination.tags(), events(destination) or []) == ([], [])


@each(KEEPING)
def test_a_person_who_is_not_there_is_refused_and_not_made(name, made):
    before = standing(name, made)
    (someone, *_) = before.values()
    gone = someone.model_copy(update={"outside_id": "0" * 32, "email": "gone@example.com"})
    destination = made(name, "destination")
    written(destination, permits("setup", [{"tag": "Regulars"}], [None]))
    for kind, new in (("fields", {"FNAME": "x"}), ("tags", {"Regulars": True}),
                      ("send", {"event": "cart_left"})):  # fmt: skip
        assert written(destination, permits(kind, [new], [gone])) == {1: "refused"}
    assert standing(name, made).keys() == before.keys()


@each(DESTINATIONS)
def test_an_estimate_grows_with_the_work_and_nothing_costs_nothing(name, made):
    destination = made(name, "destination")
    nothing = destination.estimate(0, {}, 0, 0)
    assert (nothing.writes, nothing.reads, nothing.minutes) == (0, 0, 0)
    costs = [destination.estimate(n, {"t": (n, 0)}, n, 1) for n in (1, 1_000, 100_000)]
    assert sorted(costs, key=lambda cost: (cost.writes + cost.reads, cost.minutes)) == costs


@each(DESTINATIONS)
def test_a_snippet_shows_the_field_and_its_fallback(name, made):
    text = made(name, "destination").snippet("HERO", "our bestsellers")
    assert "hero" in text.lower()
    assert "our bestsellers" in text


@each(MIRRORS)
def test_a_mirror_takes_every_kind_of_row_and_cannot_be_asked(name, made):
    destination = made(name, "destination")
    assert destination.mirror
    assert (list(destination.pull(None)), destination.fields(), destination.tags()) == ([], [], [])
    count = 7
    people = [Record(alias=f"x:{n}", outside_id=f"c{n}", email=None, status="subscribed",
                     values={}, changed_at=0) for n in range(count)]  # fmt: skip
    for kind, new in (("setup", {"tag": "Regulars"}), ("fields", {"HERO": "x"}),
                      ("tags", {"Regulars": True}), ("send", {"event": "cart_left"})):  # fmt: skip
        rows = permits(kind, [new] * count, people, moment=10**15)
        assert set(written(destination, rows).values()) == {"accepted"}
