"""Klaviyo from end to end by the command line: orders from files, fields, a tag and a send there,
undisturbed and while calls fail. The end state is the same, and every send is there once."""

import json

import pytest
from typer.testing import CliRunner

from connectors.sandbox import ledger
from connectors.sandbox.klaviyo.server import running
from connectors.shared import klaviyo_settings
from connectors.shared.klaviyo_api import KlaviyoWire
from functions.cli.main import app
from tests.plan.corner import PLAYBOOK, email

SETTINGS = """
playbook = "playbook"
store = "store"
now = "{now}"
[source.files.main]
folder = "shop"
[destination.klaviyo.main]
key = "env:CORNER_KEY"
url = "{url}"
"""
NOW, LATER = "2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z"
HEADING = "key,kind,email,occurred_at,amount,currency,product\n"
STORM = {"seed": 3, "rates": {"lost_before": 0.05, "lost_after": 0.1, "500": 0.05, "502": 0.03,
                              "silent": 0.05, "partial_silent": 0.3}}  # fmt: skip


class Corner:
    """A shop in a folder, and its account."""

    def __init__(self, sandbox, folder, monkeypatch):
        self.sandbox, self.folder = sandbox, folder
        self.ids = sandbox.add(*({"email": email(n), "consent": "SUBSCRIBED",
                                  "first_name": f"Ann {n}"} for n in range(7)))  # fmt: skip
        sandbox.change(self.ids[6], consent="NEVER_SUBSCRIBED")
        monkeypatch.setenv("CORNER_KEY", "pk_corner")
        monkeypatch.setattr(klaviyo_settings, "KlaviyoWire", self.wire)
        for name in ("playbook", "shop"):
            (folder / name).mkdir()
        text = PLAYBOOK.replace("FNAME", "first_name").replace("50%", "100%")
        (folder / "playbook" / "playbook.yaml").write_text(text)
        (folder / "shop" / "products.csv").write_text("id,name\ns0,Soap 0\ns1,Soap 1\ns2,Soap 2\n")

    def wire(self, place, timeout, patience, _sleep):
        """Waiting moves the sandbox's clock."""
        return KlaviyoWire(place, timeout, patience, self.sandbox.advance)

    def buy(self, file, *pairs):
        """Orders of people, by number, each on a day of its own."""
        rows = "".join(f"o{file}-{n}-{day},order,{email(n)},2026-02-{day:02}T10:00:00Z,20.00,EUR,s0\n"
                       for n, day in pairs)  # fmt: skip
        (self.folder / "shop" / f"events-{file}.csv").write_text(HEADING + rows)

    def __call__(self, *words, now=NOW):
        """One command's JSON, called again while Klaviyo cannot be reached, as a schedule would."""
        file = self.folder / "ofone.toml"
        file.write_text(SETTINGS.format(url=self.sandbox.url, now=now))
        for _ in range(8):
            done = CliRunner().invoke(app, ["-c", str(file), *words, "--json"])
            if done.exit_code == 0:
                break
        assert done.exit_code == 0, (done.exit_code, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def end(self):
        """What stands in the account, and what was sent."""
        held = self.sandbox.account
        own = {one.email: dict(one.properties) for one in held.profiles.values()}
        lists = sorted((one["name"], sorted(held.members[id])) for id, one in held.lists.items())
        sent = [(one["profile"], one["key"].split("|")[0]) for one in
                self.sandbox.effects("event_sent")]  # fmt: skip
        return own, lists, sorted(sent)


def story(corner):
    """A first plan; then two become regulars, one of whom never agreed to marketing."""
    corner.buy("a", *((n, 1) for n in range(7)))
    for word in ("pull", "plan", "apply"):
        corner(word)
    corner.buy("b", *((n, day) for n in (0, 6) for day in (3, 4, 5)))
    corner.sandbox.advance(7_200)
    for word in ("pull", "plan", "apply"):
        corner(word, now=LATER)


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """The end of a run in which nothing goes wrong."""
    with pytest.MonkeyPatch.context() as patch, running() as sandbox:
        corner = Corner(sandbox, tmp_path_factory.mktemp("calm"), patch)
        story(corner)
        sandbox_end = corner.end()
        snippets = json.dumps(corner("snippets", now=LATER))
        before = len(sandbox.entries)
        again = [one["pulled"] for one in corner("pull", now=LATER)["pulled"]]
        corner("plan", now=LATER)
        quiet = ledger.counts(sandbox.entries[before:])["writes"]
        return sandbox_end, sandbox.entries, snippets, again, quiet


def test_orders_become_fields_a_tag_and_one_event_in_klaviyo(calm):
    (own, lists, sent), entries, snippets, again, quiet = calm
    assert own[email(1)] == {
        "ofone_headline": "Thank you", "ofone_orders": "1", "ofone_pick1": "Soap 0"
    }  # fmt: skip
    # Whoever never agreed to marketing gets fields and the tag, and no send.
    assert own[email(6)]["ofone_orders"] == "4"
    assert [(name, len(members)) for name, members in lists] == [
        ("Regulars (ofone)", 2), ("Unhappy (ofone)", 0)
    ]  # fmt: skip
    assert len(sent) == 1
    assert "person|lookup:'ofone_pick1'|default:'our bestsellers'" in snippets
    assert not ledger.created_or_resubscribed(entries)
    assert not ledger.unwilling(entries)
    assert [one["events"] for one in again] == [0, 0]
    assert quiet == 0


@pytest.mark.parametrize("seed", [3, 11])
def test_while_calls_fail_the_end_is_the_same_and_each_send_is_there_once(
    calm, tmp_path, monkeypatch, seed
):
    with running() as sandbox:
        corner = Corner(sandbox, tmp_path, monkeypatch)
        sandbox.fail(**{**STORM, "seed": seed})
        story(corner)
        assert corner.end() == calm[0]
        assert not ledger.created_or_resubscribed(sandbox.entries)
