"""Whatever goes wrong on the wire, by every transport of both destinations: the end is that of a
run in which nothing does; nobody hears a thing twice, and what nobody knows of is listed."""

from collections import Counter
from dataclasses import dataclass

import pytest

from connectors import find
from connectors.sandbox import ledger
from personalization.models import DAY, HOUR, MINUTE, OutboxRow
from tests.connectors.hubspot.conftest import TOKEN, corner_on_hubspot
from tests.connectors.test_mailchimp_triggers import over
from tests.plan.corner import NOW, event, opened


@dataclass(frozen=True)
class Way:
    """A transport of a destination: where it is called, and for which faults nobody can know
    whether the send happened. `blind`: an OK that did nothing cannot be told from one that did."""

    place: str
    by: str
    sends: str
    doubtful: frozenset[str] = frozenset()
    blind: bool = False

    @property
    def writes(self) -> str:
        return "/contacts/batch/update" if self.place == "hubspot" else "/members/"

    @property
    def method(self) -> str:
        return "POST" if self.place == "hubspot" else "PATCH"


LOST = frozenset({"lost_before", "lost_after", "500"})
WAYS = (
    Way("mailchimp", "event", "/events"),
    Way("mailchimp", "journey", "/trigger", LOST, blind=True),
    # An e-mail that was sent is found again; one that is not found may only be slow to show. By
    # either a send that nothing shows counts as accepted, and is told apart.
    Way("mailchimp", "email", "send-template", frozenset({"lost_before", "500"}), blind=True),
    Way("hubspot", "event", "/events/v3/send/batch"),
    Way("hubspot", "email", "/email/single-send"),
)
FAULTS = ("429", "429_retry_after", "500", "lost_before", "lost_after", "silent")
BEGIN = NOW + DAY


def at_work(way: Way, folder):
    """A corner of seven people with a journey, templates and e-mails to send by."""
    if way.place == "hubspot":
        return corner_on_hubspot(folder / "shop", people=7)
    return opened(folder, people=7)


def ready(way: Way, corner) -> None:
    """Settles the corner with its trigger going that way."""
    own = corner.text.replace("unless: order, send: thanks",
                              f"unless: order, send: thanks, by: {way.by}")  # fmt: skip
    corner.text = own
    corner.destination.close()
    if way.place == "mailchimp":
        corner.sandbox.control("mailchimp/journey", id=12, step=34)
        corner.sandbox.control("mailchimp/mail", templates={"left": {}})
        corner.destination = over(corner)
    else:
        corner.destination = find("hubspot").destination("main", {
            "token": TOKEN, "url": corner.sandbox.url, "sleep": lambda _: None, "look_up": 0,
            "consent": {"marketing": 1001}, "emails": {"cart_left": 9001}})  # fmt: skip
    corner.settled()


def run(way: Way, corner, faults) -> None:
    """One fault after another, each met by a person of its own: an order changes what they are
    shown, and a cart is left behind."""
    control = "hubspot/failures" if way.place == "hubspot" else "failures"
    for n, fault in enumerate(faults):
        start = BEGIN + 3 * n * HOUR
        left = start - HOUR
        corner.webhook(start, event("order", n, left - MINUTE), event("cart", n, left))
        script = [] if fault is None else [
            {"kind": fault, "method": way.method, "path": way.writes},
            {"kind": fault, "method": "POST", "path": way.sends}]  # fmt: skip
        corner.sandbox.control(control, script=script)
        corner.tick(start)
        for minutes in (1, 2):
            if state(corner, n) in ("planned", "sent"):
                corner.tick(start + minutes * MINUTE)
        corner.sandbox.control(control)


def shown(corner) -> list[dict[str, str]]:
    return [corner.shows(n) for n in range(7)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> list[dict[str, str]]:
    """What everybody is shown after a run in which nothing goes wrong: the same in both places."""
    way = WAYS[0]
    with at_work(way, tmp_path_factory.mktemp("calm")) as corner:
        ready(way, corner)
        run(way, corner, [None] * len(FAULTS))
        assert len(ledger.sends(corner.sandbox.entries)) == len(FAULTS)
        return shown(corner)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.place} {way.by}")
def test_one_send_at_most_and_the_end_of_an_undisturbed_run(way, tmp_path, undisturbed) -> None:
    with at_work(way, tmp_path) as corner:
        ready(way, corner)
        run(way, corner, FAULTS)
        assert shown(corner) == undisturbed
        met = Counter(one["failure"] for one in ledger.calls(corner.sandbox.entries))
        assert {fault: met[fault] for fault in FAULTS} == dict.fromkeys(FAULTS, 2)
        sent = Counter(one.get("member") or one["record"]
                       for one in ledger.sends(corner.sandbox.entries))  # fmt: skip
        assert set(sent.values()) == {1}
        uncertain = {fault for n, fault in enumerate(FAULTS) if state(corner, n) == "uncertain"}
        assert uncertain == way.doubtful
        lacking = way.doubtful - {"lost_after"} | ({"silent"} if way.blind else set())
        assert len(sent) == len(FAULTS) - len(lacking)
        assert {state(corner, n) for n in range(6)} <= {"confirmed", "uncertain"}
        unseen = {
            n for n in range(6) if send_of(corner, n).reason and state(corner, n) == "confirmed"
        }
        silent = {FAULTS.index("silent")} if way.blind else set()
        certain = {n for n, fault in enumerate(FAULTS) if fault not in way.doubtful}
        assert unseen == (certain if way.by == "journey" else silent)
        assert ledger.created_or_resubscribed(corner.sandbox.entries) == []


def state(corner, n: int) -> str:
    """What became of person n's one send."""
    return send_of(corner, n).state


def send_of(corner, n: int) -> OutboxRow:
    """Person n's one send."""
    who = corner.store.contact_of(f"email:p{n}@example.com")
    (row,) = [one for one in corner.store.outbox(kinds=("send",), contacts=(who,))
              if str(one.key).startswith("cart_left")]  # fmt: skip
    return row
