"""`ofone backfill`: a past comes in whole, once, and sends nothing that is too late for it."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from connectors.shared import mailchimp_members
from personalization.backfill import Past, backfill
from personalization.connector import Page
from personalization.models import DAY, HOUR
from personalization.plan.session import engines
from personalization.playbook.load import from_files
from personalization.pull import pull_source
from tests.plan.corner import NOW, event, opened

ROOT = Path(__file__).resolve().parents[3]
KILLED = -9
RECENT, OLD, LATE = (4, 5, 7), (8, 10, 11), (13, 14, 16)


def carts(numbers, at):
    return [f"c{n}-{at},cart,{n},{at}" for n in numbers]


def messages(corner):
    return [name for name, _ in corner.events()]


def test_a_cart_within_its_window_is_heard_of_and_an_older_one_is_not(corner):
    corner("plan")
    corner("apply")
    corner.add_events(
        "old", *carts(OLD, "2026-02-27T09:00:00Z"), *carts(RECENT, "2026-03-02T09:00:00Z")
    )
    said = corner("backfill", "files/main")
    assert "3 contacts with events young enough" in said.out
    corner("tick")
    treated = messages(corner)
    assert 0 < len(treated) <= len(RECENT)
    assert set(treated) == {"cart_left"}
    corner("plan")
    corner("apply")
    assert messages(corner) == treated


def test_what_was_overdue_is_judged_as_of_now(corner):
    """Ticks that did not run for days leave moments behind at which an old cart was young."""
    corner("plan", "--now", "2026-02-27T08:30:00Z")
    corner("apply", "--now", "2026-02-27T08:30:00Z")
    corner.add_events("first", *carts(OLD, "2026-02-27T09:00:00Z"))
    corner("tick", "--now", "2026-02-27T09:20:00Z")  # their waits end at 10:00, and nobody ticks
    corner.add_events("late", *carts((*OLD, *LATE), "2026-02-27T09:30:00Z"))
    corner("backfill", "files/main")
    corner("tick")
    corner("plan")
    corner("apply")
    assert messages(corner) == []


class Listed:
    """A source with events at hand, a page each."""

    name, account = "listed", "main"

    def __init__(self, *pages):
        self.pages = pages

    def pull(self, cursor):
        for number, events in enumerate(self.pages):
            if number >= int(cursor or 0):
                yield Page(events=tuple(events), cursor=str(number + 1))


@pytest.mark.parametrize(("age", "guarded", "welcomed"), [
    (30 * DAY, True, 0), (30 * DAY, False, 2), (HOUR, True, 2),
])  # fmt: skip
def test_who_entered_a_segment_long_ago_enters_nothing_now(tmp_path, age, guarded, welcomed):
    """Two people become regulars by orders that come late; a plain pull cannot tell since when."""
    with opened(tmp_path) as corner:
        corner.settled()
        orders = [[event("order", n, NOW - age - k, 50 + k) for k in range(3)] for n in (5, 6)]
        source = Listed(*orders)
        if guarded:
            book = from_files({"playbook.yaml": corner.text}, "corner")
            past = Past(store=corner.store, engines=engines(tmp_path / "store", 1, "200MB"),
                        playbook=book, now=NOW, connector=source)  # fmt: skip
            done = backfill(past)
            assert (done.pages, done.settled) == (2, 0 if welcomed else 2)
        else:
            pull_source(corner.store, source, NOW)
        plan = corner.plan(NOW)
        assert plan.sends.get("welcome", 0) == welcomed
        assert next(one.contacts for one in plan.segments if one.name == "regulars") == 5


@pytest.mark.parametrize(("guarded", "sends"), [(True, 0), (False, 1)])
def test_who_left_a_segment_long_ago_leaves_nothing_now(tmp_path, guarded, sends):
    with opened(tmp_path) as corner:
        corner.text = corner.text.replace("welcome: {enter: regulars", "calmer: {leave: unhappy")
        corner.happened(NOW, event("feedback", 5, NOW - 60 * DAY, rating=1))
        corner.settled()
        source = Listed([event("feedback", 5, NOW - 30 * DAY, rating=5)])
        if guarded:
            book = from_files({"playbook.yaml": corner.text}, "corner")
            backfill(Past(store=corner.store, engines=engines(tmp_path / "store", 1, "200MB"),
                          playbook=book, now=NOW, connector=source))  # fmt: skip
        else:
            pull_source(corner.store, source, NOW)
        assert corner.plan(NOW).sends.get("calmer", 0) == sends


def test_history_begins_where_it_is_told_to_and_who_people_are_is_kept(corner):
    assert corner.json("backfill", "files/main", "--estimate")["estimates"][0]["done"] == 0
    part = corner.json("backfill", "files", "--from", "2026-02-21")["backfilled"][0]
    whole = corner.json("backfill", "files/main", "--again")["backfilled"][0]
    assert part["left_out"] == whole["events"] == 29  # the orders of the 20th
    assert part["events"] + whole["events"] == 128
    assert (whole["left_out"], whole["resumed"]) == (0, False)
    again = corner.json("backfill", "files/main")["backfilled"][0]
    assert (again["events"], again["rows"]) == (0, 0)


def test_places_are_named_and_mistakes_are_answered_with_the_choice_there_is(corner):
    other = corner.folder / "other"
    other.mkdir()
    (other / "products.csv").write_text("id,name\nsoap,Soap\n")
    settings = corner.folder / "ofone.toml"
    settings.write_text(settings.read_text() + '[source.files.other]\nfolder = "other"\n')
    done = corner.json("backfill", "files/other")["backfilled"][0]
    assert (done["place"], done["products"], done["events"]) == ("files/other", 1, 0)
    assert "files/main, files/other" in corner("backfill", "files", code=4).err
    assert "mailchimp/main" in corner("backfill", "shopify/main", code=4).err
    assert "--from" in corner("backfill", "mailchimp/main", "--from", "2026-01-01", code=4).err
    assert corner.json("backfill", "mailchimp")["backfilled"][0]["records"] == 29


def small(corner, monkeypatch):
    """Pages small enough to be killed between, here and in `dying`."""
    monkeypatch.setattr(mailchimp_members, "COUNT", 8)
    monkeypatch.setattr(mailchimp_members, "SHARED", 2)
    file = corner.folder / "ofone.toml"
    file.write_text(file.read_text().replace('currency = "EUR"', 'currency = "EUR"\npage = 8'))


def process(corner, death, place):
    """A backfill in a process of its own, see `dying`; its exit code."""
    program = [sys.executable, "-m", "tests.functions.first_day.dying", death,
               "-c", str(corner.folder / "ofone.toml"), "backfill", place]  # fmt: skip
    return subprocess.run(program, cwd=ROOT, capture_output=True, text=True).returncode


KEPT = {
    "tail": "contact, key, kind, alias, occurred_at, props", "alias": "alias, contact",
    "contact": "id, attributes, consent, zone", "product": "id, name, price, in_stock",
    "due": "key, moment, contact, reason", "dead_letter": "reason, body",
    "shadow": 'place, contact, outside_id, status, "values", tags', "setting": "name, value",
}  # fmt: skip


def kept(corner):
    """All that a backfill leaves in the store, but for the moments at which it was recorded, and
    for how many rows were read, which may be more than once."""
    with closing(sqlite3.connect(corner.folder / "store" / "contacts.sqlite")) as store:
        store.execute("UPDATE setting SET value = value ->> '$.done' WHERE name LIKE 'backfill %'")
        return {table: sorted(store.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
                for table, columns in KEPT.items()}  # fmt: skip


@pytest.mark.parametrize(("place", "deaths"), [
    ("files/main", ("after:4", "before:3")), ("mailchimp/main", ("before:3",)),
])  # fmt: skip
def test_killed_in_the_middle_and_run_again_it_ends_the_same(corner, monkeypatch, place, deaths):
    small(corner, monkeypatch)
    corner.add_events("carts", *carts(RECENT, "2026-03-02T09:00:00Z"))
    store, empty = corner.folder / "store", corner.folder / "empty"
    shutil.copytree(store, empty)
    corner("backfill", place)
    whole = kept(corner)
    assert len(whole["tail"]) > 50
    shutil.rmtree(store)
    empty.rename(store)
    for death in deaths:
        assert process(corner, death, place) == KILLED
        assert kept(corner) != whole
    if place == "files/main":
        assert "--again" in corner("backfill", place, "--from", "2026-02-01", code=4).err
    assert corner.json("backfill", place)["backfilled"][0]["resumed"]
    assert kept(corner) == whole


def test_a_source_added_later_brings_its_past_without_sending(corner):
    """Its first pull is a backfill, whoever makes it: nobody is greeted for orders long ago."""
    book = corner.folder / "playbook" / "playbook.yaml"
    greeted = "triggers:\n  greeted: {enter: regulars, within: 1d, send: loved, by: event}"
    book.write_text(book.read_text().replace("triggers:", greeted))
    corner("plan")
    corner("apply")
    till = corner.folder / "till"
    till.mkdir()
    rows = [f"t{n},order,p{n}@example.com,2026-01-20T10:00:00Z,5.00" for n in (4, 5, 7, 8, 10)]
    (till / "events.csv").write_text("\n".join(["key,kind,email,occurred_at,amount", *rows]) + "\n")
    settings = corner.folder / "ofone.toml"
    settings.write_text(
        settings.read_text() + '[source.files.till]\nfolder = "till"\ncurrency = "EUR"\n'
    )
    corner("tick", "--now", "2026-03-02T12:10:00Z")
    corner("plan", "--now", "2026-03-02T12:11:00Z")
    corner("apply", "--now", "2026-03-02T12:11:00Z")
    assert corner.json("explain", "p4@example.com")["stage"] == "regulars"
    assert messages(corner) == []
    corner.add_events("new", "again,order,11,2026-03-02T12:20:00Z")
    corner("tick", "--now", "2026-03-02T12:30:00Z")
    assert set(messages(corner)) <= {"greeted"}
