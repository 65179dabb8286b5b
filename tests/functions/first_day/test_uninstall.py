"""`ofone uninstall` shows what would go, and afterwards the audience is as it was before us, but for
what others did meanwhile. The sandbox's state and ledger have the last word."""

import copy

import pytest

from connectors.sandbox import ledger
from connectors.sandbox.world import LIST
from personalization.store.embedded import open_store

OTHER = "0ther0ther"


def seen(corner):
    """The audience: fields, tags with their members, and each member's status and values."""
    audience = corner.sandbox.world.audience(LIST)
    return copy.deepcopy({
        "fields": {one.tag: one.name for one in audience.merge_fields.values()},
        "tags": {one.name: sorted(one.members) for one in audience.segments.values()},
        "members": {member.email_address: (member.status, dict(member.merge_fields))
                    for member in audience.members.values()},
    })  # fmt: skip


def tag(corner, n, name, action="tag"):
    corner.sandbox.control("person", email=f"p{n}@example.com", action=action, tag=name, by="admin")


def apply(corner):
    corner("plan")
    corner("apply")


def test_the_audience_is_as_it_was_before_and_a_new_plan_would_make_it_again(corner):
    tag(corner, 2, "Pilot")
    before = seen(corner)
    apply(corner)
    assert seen(corner) != before
    writes = corner.writes()
    made = corner.json("uninstall", "mailchimp/main")
    assert set(made["remove"]) == {"HEADLINE", "PICK1", "Buyers", "Regulars"}
    assert corner.writes() == writes
    done = corner.json("apply", made["id"])
    assert (done["confirmed"], done["left"], done["failed"]) == (4, 0, {})
    assert seen(corner) == before
    (said,) = [one for one in corner.json("doctor")["findings"]
               if one["about"] == "mailchimp/main plan"]  # fmt: skip
    assert said["level"] == "short"
    assert "uninstalled" in said["said"]
    assert "make it all again" in said["remedy"]
    assert corner.json("uninstall", "mailchimp/main")["rows"] == 0
    assert set(corner.json("plan")["create"]) == set(made["remove"])


def test_what_others_did_stays_and_what_they_use_is_named(corner):
    """Buyers was there before us; somebody adds to our Regulars, and makes a field and a tag."""
    tag(corner, 0, "Buyers")
    tag(corner, 1, "Buyers")
    before = seen(corner)
    apply(corner)
    tag(corner, 4, "Regulars")
    tag(corner, 5, "Pilot")
    corner.sandbox.control("person", email="p6@example.com", action="unsubscribe")
    said = corner("uninstall", "mailchimp/main").out
    assert "tag Regulars also holds 1 contacts that others put there" in said
    assert "tag Buyers was there before" in said
    assert "would be removed: Buyers" not in said
    assert "webhooks that point here are not removed" in said
    corner("apply")
    after = seen(corner)
    assert after["tags"].pop("Pilot")
    left = {one for one in after["tags"]["Buyers"] if one not in before["tags"]["Buyers"]}
    assert len(left) == 1  # who unsubscribed is written to no more
    assert set(before["tags"]["Buyers"]) <= set(after["tags"].pop("Buyers"))
    before["tags"].pop("Buyers")
    before["members"]["p6@example.com"] = ("unsubscribed", before["members"]["p6@example.com"][1])
    assert after == before


def test_a_field_without_our_mark_is_never_touched_and_kept_ones_stay(corner):
    apply(corner)
    audience = corner.sandbox.world.audience(LIST)
    theirs = next(one for one in audience.merge_fields.values() if one.tag == "PICK1")
    theirs.name = "Pick of our own"
    made = corner.json("uninstall", "mailchimp/main", "--keep", "Regulars")
    assert set(made["remove"]) == {"HEADLINE", "Buyers"}
    assert "kept, as asked: Regulars" in made["unseen"]
    corner("apply")
    dropped = ledger.effects(corner.sandbox.entries, ("merge_field_deleted", "tag_deleted"))
    assert {one["name"] for one in dropped} == {"HEADLINE", "Buyers"}
    assert "is nothing that would be removed" in corner("uninstall", "mailchimp/main", "--keep",
                                                        "EMAIL", code=4).err  # fmt: skip


def test_it_ends_the_same_when_calls_fail(corner):
    before = seen(corner)
    apply(corner)
    corner("uninstall", "mailchimp/main")
    settings = corner.folder / "ofone.toml"
    settings.write_text(settings.read_text() + "patience = 0.0\n")
    corner.sandbox.control("failures", script=[
        {"kind": "lost_after", "method": "DELETE", "nth": 1},
        {"kind": "silent", "method": "DELETE", "nth": 3},
    ])  # fmt: skip
    corner("apply", "plan-2", code=3)
    corner("apply", "plan-2")
    assert seen(corner) == before


CART = "c{n},cart,{n},2026-03-02T12:30:00Z"


def test_after_it_no_tick_writes_or_sends_and_a_plan_says_that_it_makes_all_again(corner):
    apply(corner)
    corner("uninstall", "mailchimp/main")
    corner("apply")
    writes, before = corner.writes(), seen(corner)
    corner.add_events("carts", *(CART.format(n=n) for n in range(1, 20)))
    for moment in ("2026-03-02T13:00:00Z", "2026-03-02T14:05:00Z"):
        ticked = corner.json("tick", "--now", moment)
        assert (ticked["uninstalled"], ticked["applied"]) == (True, None)
    assert "uninstalled from mailchimp/main" in corner("tick").out
    assert (corner.writes(), corner.events(), seen(corner)) == (writes, [], before)
    said = corner("plan", "--now", "2026-03-02T14:10:00Z")
    assert "WARNING: this product was uninstalled from mailchimp/main" in " ".join(said.out.split())
    assert corner.json("tick", "--now", "2026-03-02T14:15:00Z")["uninstalled"]
    corner("apply", "--now", "2026-03-02T14:20:00Z", code=None)
    assert "WARNING" not in corner("plan", "--now", "2026-03-02T14:25:00Z").out
    assert not corner.json("tick", "--now", "2026-03-02T14:30:00Z")["uninstalled"]


def test_the_ticks_of_others_lay_nothing_down_for_it(corner):
    """A second audience goes on; what changes there is nothing to the first any more."""
    settings = corner.folder / "ofone.toml"
    text = settings.read_text()
    first = text[text.index("[destination.mailchimp.main]") :]
    second = first.replace("mailchimp.main", "mailchimp.other").replace(LIST, OTHER)
    settings.write_text(text + second)
    people = [{"email": f"p{n}@example.com", "timestamp": "2026-01-01T00:00:00+00:00"}
              for n in range(30)]  # fmt: skip
    corner.sandbox.control("members", list=OTHER, members=people)
    for to in ("mailchimp/main", "mailchimp/other"):
        plan = corner.json("plan", "--to", to)["id"]
        corner("apply", plan)
    corner("apply", corner.json("uninstall", "mailchimp/main")["id"])
    before = seen(corner)
    corner.add_events("more", *(f"m{n},order,{n},2026-03-02T12:30:00Z" for n in range(1, 9)))
    done = corner.json("tick", "--now", "2026-03-02T13:00:00Z")["ticks"]
    assert [(one["place"], one["uninstalled"]) for one in done] == [
        ("mailchimp/main", True), ("mailchimp/other", False)]  # fmt: skip
    assert done[1]["applied"]["written"] > 0
    assert seen(corner) == before
    with open_store(corner.folder / "store") as store:
        assert not any("next-mailchimp-main" in name for name, _, _ in store.plans())
        assert store.outbox(destination="mailchimp", account="main", states=("planned",)) == []


@pytest.mark.parametrize("words", [["uninstall", "mailchimp/other"], ["uninstall", "files/main"]])
def test_only_destinations_can_be_uninstalled(corner, words):
    assert "mailchimp/main" in corner(*words, code=4).err
