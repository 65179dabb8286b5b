"""What a schedule runs: webhooks, due moments, parked plans, what was set aside, and status."""

import json

from personalization.store.embedded import open_store

CART = "c{n},cart,{n},2026-03-02T13:00:00Z"


def hear(corner, body: str) -> None:
    """A door takes a webhook."""
    with open_store(corner.folder / "store") as store, store.record(1) as recorder:
        recorder.accept("files", "main", body)


def treated(corner, count: int) -> list[int]:
    """The numbers of so many subscribers who are not in the holdout."""
    found = []
    for n in range(1, 28):
        if corner.json("explain", f"p{n}@example.com")["arm"] == "treated":
            found.append(n)
        if len(found) == count:
            return found
    raise AssertionError("nearly everyone is in the holdout")


def test_a_cart_left_is_spoken_of_after_an_hour_once(applied) -> None:
    (n,) = treated(applied, 1)
    applied.add_events("carts", CART.format(n=n))
    early = applied.json("tick", "--now", "2026-03-02T13:30:00Z")
    assert early["ticked"]["report"]["sends"] == {}
    assert applied.events() == []
    late = applied.json("tick", "--now", "2026-03-02T14:05:00Z")
    assert late["applied"]["sends"] == 1
    assert applied.events() == [("cart_left", "thanks")]
    applied("tick", "--now", "2026-03-02T14:06:00Z")
    assert applied.events() == [("cart_left", "thanks")]
    assert "cart_left" in applied("explain", f"p{n}@example.com", "--now",
                                  "2026-03-02T15:00:00Z").out  # fmt: skip


def test_more_than_the_limits_allow_is_parked_until_somebody_approves(applied) -> None:
    applied.add_events("carts", *(CART.format(n=n) for n in treated(applied, 4)))
    applied("tick", "--now", "2026-03-02T13:30:00Z")
    parked = applied("tick", "--now", "2026-03-02T14:05:00Z", code=5)
    assert "PARKED: 4 sends at once" in parked.out
    assert applied.events() == []
    name = applied.json("status")["plans"][-1]["plan"]
    assert applied.json("status")["plans"][-1]["state"] == "parked"
    assert "is parked" in applied("apply", "--now", "2026-03-02T14:06:00Z", code=4).err
    applied("approve", name)
    applied("apply", name, "--now", "2026-03-02T14:07:00Z")
    assert len(applied.events()) == 4


def test_while_writing_is_paused_a_tick_takes_in_and_writes_nothing(applied) -> None:
    (n,) = treated(applied, 1)
    applied.add_events("carts", CART.format(n=n))
    applied("pause")
    said = applied.json("tick", "--now", "2026-03-02T14:05:00Z")
    assert said["paused"]
    assert applied.events() == []
    applied("pause", "--off")
    applied("tick", "--now", "2026-03-02T14:06:00Z")
    assert applied.events() == [("cart_left", "thanks")]


def test_a_webhook_is_taken_in_and_a_broken_one_is_set_aside_unread(applied) -> None:
    order = {"key": "w1", "kind": "order", "alias": "files/main:0",
             "occurred_at": 1772452800000000, "props": {"amount": 900, "currency": "EUR"}}  # fmt: skip
    hear(applied, json.dumps([order]))
    hear(applied, '[{"key": "w2", "secret": "p1@example.com"}]')
    said = applied.json("tick", "--now", "2026-03-02T12:10:00Z")
    assert (said["ticked"]["taken"], said["ticked"]["dead"]) == (1, 1)
    assert applied.json("explain", "p0@example.com")["stage"] == "buyers"
    letters = applied("letters", "--now", "2026-03-02T15:10:00Z")
    assert "files/main" in letters.out
    assert "3 h" in letters.out
    assert "p1@example.com" not in letters.out + letters.err
    assert applied.json("letters", "--replay")["replayed"] == 1
    assert applied.json("letters")["letters"] == []
    assert applied.json("status")["waiting"] == 1
    again = applied.json("tick", "--now", "2026-03-02T12:11:00Z")
    assert again["ticked"]["dead"] == 1
    (letter,) = applied.json("letters")["letters"]
    assert applied("letters", "--drop", "99", code=4).out == ""
    assert applied.json("letters", "--drop", str(letter["id"]))["dropped"] == 1
    assert applied.json("letters")["letters"] == []


def test_a_row_of_a_file_is_listed_until_it_is_dropped(applied) -> None:
    applied.add_events("odd", "odd,order,4,2026-13-99T12:30:00Z")
    applied("pull")
    (letter,) = applied.json("letters")["letters"]
    assert (letter["place"], letter["again"]) == ("files/main", False)
    assert applied.json("letters", "--replay")["replayed"] == 0
    assert applied.json("letters", "--drop-all")["dropped"] == 1
    assert applied.json("letters")["letters"] == []


def test_status_counts_and_compact_keeps_everything(applied) -> None:
    status = applied.json("status")
    assert status["plans"][0]["rows"]["fields"] == {"confirmed": 28}
    assert status["next_due"] is not None
    assert applied.json("compact")["moved"] > 0
    assert applied.json("plan")["rows"] == 0


def test_replay_recomputes_every_decision(applied) -> None:
    found = applied.json("replay", "--contacts", "30")
    assert found["equal"] > 0
    assert (found["differs"], found["differences"]) == (0, [])
    assert "0 differ" in applied("replay").out


def test_before_the_first_apply_a_tick_says_what_to_do_and_ends_with_4(corner) -> None:
    corner.add_events("carts", CART.format(n=4))
    said = corner("tick", "--now", "2026-03-02T13:30:00Z", code=4)
    assert "not in mailchimp/main yet: HEADLINE, PICK1, Buyers, Regulars" in said.out
    assert "apply` once" in " ".join(said.out.split())
    assert corner.writes() == 0
    corner("apply", corner.json("plan")["id"])
    assert corner.json("tick", "--now", "2026-03-02T14:05:00Z")["ticked"]["lacking"] == []


def test_a_refund_heard_before_its_order_is_told_of_until_the_order_comes(applied) -> None:
    """Alone it names no person: nobody's money is less until its order says whose it is."""
    own = "stripe/main:order:pi_1"
    refund = {"key": "stripe/main:refund:re_1", "kind": "refund", "alias": own,
              "occurred_at": 1772452800000000,
              "props": {"order": "pi_1", "amount": 900, "currency": "EUR"}}  # fmt: skip
    hear(applied, json.dumps([refund]))
    said = applied("tick", "--now", "2026-03-02T14:05:00Z").out
    assert "1 refund of orders that nobody has told of" in " ".join(said.split())
    order = {**refund, "key": own, "kind": "order", "alias": "files/main:0"}
    link = {**refund, "key": "link", "kind": "link", "props": {"other": "files/main:0"}}
    hear(applied, json.dumps([order, link]))
    told = applied.json("tick", "--now", "2026-03-02T14:06:00Z")
    assert told["ticked"]["waiting"] == 0
