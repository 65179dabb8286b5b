"""What a plan says before it is applied: whom it writes to, and what nobody can bring back."""

from connectors.sandbox.world import LIST


def rewritten(corner, *changes: tuple[str, str]) -> None:
    """Changes the playbook's text."""
    playbook = corner.folder / "playbook" / "playbook.yaml"
    text = playbook.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    playbook.write_text(text)


def tagged(corner, tag: str) -> int:
    """How many members carry a tag."""
    return corner.sandbox.state()["lists"][LIST]["tags"].get(tag, 0)


def test_a_renamed_tag_says_how_many_lose_the_old_one_and_that_no_undo_brings_it_back(corner):
    corner("plan")
    corner("apply")
    had = tagged(corner, "Regulars")
    rewritten(corner, ("tag: Regulars", "tag: Come often"))
    told = corner.json("plan")
    assert told["removals"] == [{"kind": "tag", "name": "Regulars", "contacts": had}]
    assert (told["written"], told["tagged"], told["touched"]) == (0, had, had)
    said = " ".join(corner("plan").out.split())
    assert f"would be removed: Regulars -{had}" in said
    assert (f"WARNING: removing the tag Regulars takes it from {had} contacts for good: no undo "
            "brings it back") in said  # fmt: skip
    assert f"written to: {had} of 28 contacts that may be (0 fields, {had} tags)" in said
    corner("apply")
    assert (tagged(corner, "Regulars"), tagged(corner, "Come often")) == (0, had)
    back = corner("undo", told["id"], code=None).out
    assert "for good" not in back


def test_who_has_both_fields_and_tags_changed_is_one_contact(corner):
    told = corner.json("plan")
    assert told["removals"] == []
    assert told["touched"] == told["written"] > told["tagged"] > 0
