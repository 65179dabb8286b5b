"""Plan and explain say why somebody does not see what their shop expects them to see."""

LATER = "2026-03-03T12:00:00Z"


def changed(corner, old, new):
    """The playbook with one piece exchanged."""
    file = corner.folder / "playbook" / "playbook.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def standing(corner):
    """Everybody was planned for; a day later number 1 has ordered once more."""
    corner("pull")
    corner("apply", corner.json("plan")["id"], "--yes")
    corner.add_events("more", "o1-9,order,1,2026-03-03T10:00:00Z")
    corner("pull", "--now", LATER)


def said(text):
    """What a command printed, wherever it broke the lines."""
    return " ".join(text.split())


def test_who_keeps_a_message_though_another_ranks_better_is_told_and_the_key_that_ends_it(corner):
    standing(corner)
    (kept,) = corner.json("plan", "--now", LATER)["kept"]
    assert {name: kept[name] for name in ("slot", "message", "better", "contacts")} == {
        "slot": "hero", "message": "thanks", "better": "loved", "contacts": 1}  # fmt: skip
    told = said(corner("plan", "--now", LATER).out)
    assert "slot contacts keep ranks better now the last until" in told
    assert "hero 1 thanks loved 2026-03-16 12:00:00 UTC" in told
    assert told.count("They stand until") == 1
    assert "give it `interrupts: true`" in told
    told = said(corner("explain", "p1@example.com", "--at", LATER).out)
    assert "stands until 2026-03-16 12:00:00 UTC" in told
    assert "without it loved would be chosen" in told

    changed(corner, "loved:  {for", "loved:  {interrupts: true, for")
    told = said(corner("explain", "p1@example.com", "--at", LATER).out)
    assert "it stands no longer: the next plan or tick chooses loved" in told
    plan = corner.json("plan", "--now", LATER)
    assert plan["kept"] == []
    headline = next(one for one in plan["fields"] if one["name"] == "HEADLINE")
    assert headline["examples"] == [["Thank you", "Hello Town1"]]
    assert "recomputed from the log of that moment: equal" in said(
        corner("explain", "p1@example.com", "--now", LATER).out)  # fmt: skip


def test_a_text_that_is_too_long_is_counted_by_plan_and_explained(corner):
    changed(corner, "fallback: our bestsellers}", "fallback: our, max: 3}")
    corner("pull")
    plan = corner.json("plan")
    pick = next(one for one in plan["fields"] if one["name"] == "PICK1")
    assert pick["overlong"] == {"longest": 5, "most": 3}
    number = pick["reasons"]["too long"]
    told = said(corner("plan").out)
    assert f"WARNING: PICK1 has no room for the texts of {number} contacts" in told
    assert "up to 5 bytes, and it holds 3" in told
    assert f"PICK1 shows its fallback to {number}: too long {number}" in told
    shown = {one["name"]: one for one in corner.json("explain", "p3@example.com")["fields"]}
    assert shown["PICK1"]["reason"] == "too long: 5 bytes, and it holds 3"
    assert (shown["HEADLINE"]["fallback"], shown["HEADLINE"]["reason"]) == (False, None)


def test_examples_show_where_two_values_differ(corner):
    text = "Thank you for all that you have bought from us in all these years"
    changed(corner, '"Thank you"', f'"{text}, dear friend"')
    corner("pull")
    corner("apply", corner.json("plan")["id"], "--yes")
    changed(corner, "dear friend", "dear neighbour")
    told = said(corner("plan", "--now", LATER).out)
    assert "…dear friend → …dear neighbour" in told
