"""A shop with a Mailchimp audience and a HubSpot portal: one tick does what each of them needs, a
person hears a thing once, and neither's plans get into the other's way."""

import pytest

from connectors.sandbox import ledger
from personalization.store.embedded import open_store
from tests.functions.cli.test_ticking import CART
from tests.functions.portal import TOKEN, filled, portal
from tests.functions.settled import settled

MAILCHIMP, HUBSPOT = "mailchimp/main", "hubspot/main"
IN_BOTH, ONLY_THERE = (3, 4, 5, 6), 29
LATER = "2026-03-02T12:30:00Z"


@pytest.fixture
def both(corner, monkeypatch):
    """Everybody but 29 is in the audience, 3 to 6 and 29 are in the portal; both are settled."""
    monkeypatch.setenv("CORNER_TOKEN", TOKEN)
    file = corner.folder / "ofone.toml"
    file.write_text(file.read_text() + portal(corner.sandbox.url, "CORNER_TOKEN"))
    playbook = corner.folder / "playbook" / "playbook.yaml"
    playbook.write_text(playbook.read_text().replace("holdout: 20%", "holdout: 0%"))
    filled(corner.sandbox, (*IN_BOTH, ONLY_THERE))

    def planned() -> None:
        for place in (MAILCHIMP, HUBSPOT):
            corner("apply", corner.json("plan", "--to", place)["id"])

    settled("two destinations", corner.folder, corner.sandbox, planned)
    return corner


def buy_again(corner, name: str, *people: int) -> None:
    """These people order once more, and so become regulars."""
    corner.add_events(name, *(f"{name}{n},order,{n},2026-03-02T12:10:00Z" for n in people))


def regulars(corner) -> tuple[int, int]:
    """How many contacts were tagged as regulars since ever, in the audience and in the portal."""
    found = ledger.effects(corner.sandbox.entries, ("tag_added", "list_added"))
    kinds = [one["kind"] for one in found if str(one["name"]).startswith("Regulars")]
    return kinds.count("tag_added"), kinds.count("list_added")


def states(corner) -> dict[str, str]:
    """Every plan's state."""
    return {one["plan"]: one["state"] for one in corner.json("status")["plans"]}


def test_one_tick_brings_both_up_to_date_and_tells_a_person_once(both) -> None:
    before = regulars(both)
    buy_again(both, "more", 4, 5, 7)
    both.add_events("carts", *(CART.format(n=n) for n in (8, ONLY_THERE)))
    said = both.json("tick", "--now", "2026-03-02T14:05:00Z")
    names = [one["ticked"]["plan"] for one in said["ticks"]]
    assert [one["place"] for one in said["ticks"]] == [MAILCHIMP, HUBSPOT]
    assert len(set(names)) == 2
    assert {states(both)[one] for one in names} == {"applied"}
    assert regulars(both) == (before[0] + 3, before[1] + 2)
    # 8 hears of the cart by the audience; 29, whom it does not have, by the portal.
    sent = ledger.effects(both.sandbox.entries, ("event", "event_sent"))
    assert [one.get("api", "mailchimp") for one in sent] == ["mailchimp", "hubspot"]
    writes = both.writes()
    again = both.json("tick", "--now", "2026-03-02T14:06:00Z")
    assert [one["applied"] for one in again["ticks"]] == [None, None]
    assert both.writes() == writes


def test_what_waits_for_one_is_not_taken_over_by_the_other(both) -> None:
    before = regulars(both)
    buy_again(both, "more", 4, 5, 7)
    both("pause")
    both("tick", "--to", MAILCHIMP, "--now", LATER)
    both("pause", "--off")
    both("tick", "--to", HUBSPOT, "--now", "2026-03-02T12:31:00Z")
    assert regulars(both) == (before[0], before[1] + 2)
    (waiting,) = [name for name, state in states(both).items() if state == "ready"]
    assert "mailchimp" in waiting
    both("tick", "--to", MAILCHIMP, "--now", "2026-03-02T12:32:00Z")
    assert regulars(both) == (before[0] + 3, before[1] + 2)
    assert "ready" not in states(both).values()


def test_apply_takes_the_newest_plan_of_the_destination_that_is_named(both) -> None:
    buy_again(both, "more", 4, 5, 7)
    there, here = (
        both.json("plan", "--to", one, "--now", LATER)["id"] for one in (HUBSPOT, MAILCHIMP)
    )
    refused = both("apply", here, "--to", HUBSPOT, code=2).err
    assert f"{here} is for one destination already" in refused
    both("apply", "--to", HUBSPOT, "--now", LATER)
    assert (states(both)[there], states(both)[here]) == ("applied", "ready")
    said = both("apply", "--to", HUBSPOT, "--now", LATER, code=4).err
    assert f"no plan waits to be applied in {HUBSPOT}" in " ".join(said.split())
    settings = both.folder / "ofone.toml"
    text = settings.read_text()
    settings.write_text(text[: text.index("[destination.hubspot")])
    left = both.json("plan", "--to", MAILCHIMP, "--now", "2026-03-02T12:31:00Z")["id"]
    settings.write_text(
        text.replace("[destination.mailchimp.main]", "[destination.mailchimp.other]")
    )
    both.json("plan", "--to", HUBSPOT, "--now", "2026-03-02T12:32:00Z")
    both("apply", "--to", HUBSPOT, "--now", "2026-03-02T12:33:00Z")
    assert states(both)[left] == "ready"


def test_one_that_is_busy_or_out_of_reach_keeps_the_other_from_nothing(both) -> None:
    before = regulars(both)
    buy_again(both, "more", 4, 5, 7)
    with open_store(both.folder / "store") as other, other.alone(HUBSPOT, "`ofone apply plan-7`"):
        said = both.json("tick", "--now", LATER, code=3)
        assert [one["place"] for one in said["ticks"]] == [MAILCHIMP]
        assert "`ofone apply plan-7`" in said["later"][0]
    assert regulars(both) == (before[0] + 3, before[1])
    both("tick", "--now", "2026-03-02T12:31:00Z")
    assert regulars(both) == (before[0] + 3, before[1] + 2)


def test_an_open_plan_stays_when_one_is_made_for_the_other_place(both) -> None:
    buy_again(both, "more", 4)
    first = both.json("plan", "--to", HUBSPOT, "--now", LATER)["id"]
    second = both.json("plan", "--to", MAILCHIMP, "--now", LATER)["id"]
    assert (states(both)[first], states(both)[second]) == ("ready", "ready")
    before = regulars(both)
    both("apply", first, "--now", LATER)
    both("apply", second, "--now", LATER)
    assert regulars(both) == (before[0] + 1, before[1] + 1)
