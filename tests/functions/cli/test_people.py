"""One contact: explained, previewed, exported, forgotten."""

import json

from connectors.sandbox import ledger
from personalization.store.embedded import open_store


def test_a_contact_is_explained_by_address_alias_or_id(applied) -> None:
    by_address = applied.json("explain", "P3@example.com")
    assert by_address == applied.json("explain", "files/main:3")
    assert by_address == applied.json("explain", by_address["contact"])
    assert by_address["stage"] == "regulars"
    orders = next(one for one in by_address["traits"] if one["name"] == "orders_90d")
    assert orders["events"] == ["files/main:o3-1", "files/main:o3-0"]


def test_the_receipt_reads_as_a_page(applied) -> None:
    said = applied("explain", "files/main:4").out
    for part in ("stage buyers", "Slot hero", "recomputed from the log of that moment: equal",
                 "orders_90d >= 1", "files/main:o4-0", "Fields", "Traits"):  # fmt: skip
        assert part in said or "holdout" in said


def test_a_number_that_is_not_known_is_a_dash_on_the_page_and_null_in_json(applied) -> None:
    playbook = applied.folder / "playbook" / "playbook.yaml"
    text = playbook.read_text().replace("  city: {attribute: city}\n", (
        "  city: {attribute: city}\n  last_rating: {last: feedback.rating}\n"
        "  average_order: {average: order.amount}\n"))  # fmt: skip
    playbook.write_text(text.replace("stages:", "  unhappy: last_rating <= 2\nstages:"))
    said = " ".join(applied("explain", "files/main:0").out.split())
    assert "last_rating –" in said
    assert "average_order –" in said
    assert "last_rating 0" not in said
    receipt = applied.json("explain", "files/main:0")
    (unhappy,) = [one for one in receipt["segments"] if one["name"] == "unhappy"]
    assert unhappy["values"] == {"last_rating": None}
    assert unhappy["nearest"] == "last_rating has no value; 1 would flip it"
    told = {one["name"]: one["value"] for one in receipt["traits"]}
    assert (told["last_rating"], told["average_order"], told["orders_90d"]) == (None, None, 0)


def test_a_past_moment_shows_what_was_known_then(applied) -> None:
    applied.add_events("later", "late,order,4,2026-03-02T12:30:00Z")
    applied("tick", "--now", "2026-03-02T12:40:00Z")
    then = applied.json("explain", "files/main:4", "--at", "2026-03-02T12:05:00Z")
    after = applied.json("explain", "files/main:4", "--now", "2026-03-02T12:45:00Z")
    assert (then["stage"], after["stage"]) == ("buyers", "regulars")


def test_preview_shows_the_holdout_and_each_stage_and_writes_nothing(applied) -> None:
    writes = applied.writes()
    shown = applied.json("preview", "--contacts", "5")["contacts"]
    assert shown[0]["arm"] == "holdout"
    assert shown[0]["fields"] == {"HEADLINE": "Hello", "PICK1": "our bestsellers"}
    assert shown[0]["reasons"] == {"HEADLINE": "holdout", "PICK1": "holdout"}
    assert {"stage regulars", "stage buyers"} <= {one["why"] for one in shown}
    (named,) = applied.json("preview", "--contact", "p6@example.com")["contacts"]
    assert (named["stage"], named["reasons"]) == ("regulars", {})
    assert "Hello Town" in applied("preview").out
    assert applied.writes() == writes


def test_preview_says_who_is_not_written_to_and_cuts_no_word_in_a_pipe(
    applied, monkeypatch
) -> None:
    applied.sandbox.control("person", email="p6@example.com", action="unsubscribe")
    applied("pull")
    monkeypatch.setenv("COLUMNS", "50")
    said = applied("preview", "--contact", "p6@example.com", "--contact", "p3@example.com").out
    assert "unsubscribed:" in said
    ids = [
        one["contact"] for one in applied.json("preview", "--contact", "p6@example.com")["contacts"]
    ]
    assert all(one in said for one in ids)


def test_preview_to_a_test_contact_writes_there_and_nowhere_else(applied) -> None:
    mark = len(applied.sandbox.entries)
    seeded = applied.json("preview", "--contact", "p3@example.com", "--to", "p0@example.com")
    assert seeded["seeded"]["applied"]["confirmed"] == 1
    written = ledger.effects(applied.sandbox.entries[mark:], ["field_written"])
    assert len({one["member"] for one in written}) == 1
    shadow = applied.json("explain", "p0@example.com")["fields"]
    there = {one["name"]: one["there"] for one in shadow}
    assert there["HEADLINE"] == seeded["contacts"][0]["fields"]["HEADLINE"]


def test_what_a_preview_wrote_is_ours_to_an_undo(applied) -> None:
    applied("preview", "--contact", "p3@example.com", "--to", "p0@example.com")
    undo = applied.json("undo", "plan-1")
    assert undo["left_alone"] == {}
    assert not [one for one in undo["unseen"] if "stays" in one]
    applied("apply", "--yes")
    assert not {"HEADLINE", "PICK1"} & set(
        applied.sandbox.state()["lists"]["5ea5ea5ea5"]["merge_fields"]
    )


def test_a_named_test_contact_is_written_to_whatever_limits_only_says(applied) -> None:
    playbook = applied.folder / "playbook" / "playbook.yaml"
    careful = playbook.read_text().replace("limits: {", "limits: {only: Regulars, ")
    playbook.write_text(careful)
    told = applied.json("preview", "--contact", "p3@example.com", "--to", "p0@example.com")
    assert (told["seeded"]["applied"]["confirmed"], told["seeded"]["applied"]["left"]) == (1, 0)


def test_preview_creates_nobody(applied) -> None:
    applied("preview", "--to", "stranger@example.com", code=4)
    said = applied("preview", "--contact", "p3@example.com", "--to", "p29@example.com", code=4)
    assert "not in mailchimp/main" in said.err
    assert ledger.created_or_resubscribed(applied.sandbox.entries) == []


def test_export_holds_everything_and_forget_leaves_nothing(applied) -> None:
    exported = applied("export", "p5@example.com")
    assert "o5-0" in exported.out
    assert exported.json == applied.json("export", "p5@example.com")
    said = applied("forget", "p5@example.com", code=2)
    assert "add --yes" in said.err
    assert exported.json == applied.json("export", "p5@example.com")
    gone = applied.json("forget", "p5@example.com")
    assert gone["removed"]["events"] > 0
    assert "@" not in str(gone)
    applied("explain", "p5@example.com", code=4)
    writes = applied.writes()
    applied("plan")
    applied("apply", code=None)
    assert applied.writes() == writes


def test_snippets_are_what_mailchimp_understands(corner) -> None:
    found = corner.json("snippets")
    assert found["fields"][0]["paste"] == "*|IF:HEADLINE|**|HEADLINE|**|ELSE:|*Hello*|END:IF|*"
    assert {one["tag"]: one["means"] for one in found["tags"]} == {
        "Buyers": "orders_90d >= 1", "Regulars": "Who come often: orders_90d >= 2",
    }  # fmt: skip
    said = corner("snippets").out
    assert "*|IF:PICK1|**|PICK1|**|ELSE:|*our bestsellers*|END:IF|*" in said
    assert "Tags to pick in the campaign builder" in said


def test_snippets_speak_of_lists_and_tokens_to_who_works_in_hubspot(corner, monkeypatch) -> None:
    monkeypatch.setenv("CORNER_TOKEN", "pat-eu1-00000000-1111-2222-3333-444444444444")
    file = corner.folder / "ofone.toml"
    file.write_text(file.read_text() + '[destination.hubspot.main]\ntoken = "env:CORNER_TOKEN"\n'
                    f'url = "{corner.sandbox.url}"\n')  # fmt: skip
    found = corner.json("snippets", "--to", "hubspot/main")
    assert found["fields"][0]["named"] == "Headline (ofone)"
    assert [one["named"] for one in found["tags"]] == ["Buyers (ofone)", "Regulars (ofone)"]
    said = corner("snippets", "--to", "hubspot/main").out
    for part in ("personalization token", "Headline (ofone) (default value: Hello)",
                 'contact.ofone_headline|default("Hello", true)', "Lists to send to"):  # fmt: skip
        assert part in said
    assert "tag" not in said.lower()


def test_forget_takes_in_what_waits_so_that_nothing_of_it_comes_back(applied) -> None:
    link = {"key": "k1", "kind": "link", "alias": "shop/main:9", "occurred_at": 1772452800000000,
            "props": {"other": "email:p3@example.com"}}  # fmt: skip
    said = {"key": "k2", "kind": "attributes", "alias": "shop/main:9",
            "occurred_at": 1772452800000000, "props": {"set": {"name": "Person 3"}}}  # fmt: skip
    with open_store(applied.folder / "store") as store, store.record(0) as recorder:
        recorder.accept("shop", "main", json.dumps([link, said]))
        recorder.dead_letter('{"email": "P3@example.com"}', "shop/main: no time")
    removed = applied.json("forget", "p3@example.com", "--yes")["removed"]
    assert removed["dead_letter"] == 1
    assert applied.json("status")["waiting"] == 0
    applied("explain", "shop/main:9", code=4)
    files = [file for file in (applied.folder / "store").rglob("*") if file.is_file()]
    assert not any(b"p3@example.com" in file.read_bytes().lower() for file in files)
    assert not any(b"Person 3" in file.read_bytes() for file in files)
