"""Merge fields: their limits, and what each type takes."""

import pytest
from mailchimp_marketing.api_client import ApiClientError

from connectors.sandbox import ledger


def make(client, list_id, tag, kind="text", **more):
    return client.lists.add_list_merge_field(
        list_id, {"name": tag.title(), "tag": tag, "type": kind, **more}
    )


def write(client, list_id, values):
    body = {"merge_fields": values}
    return client.lists.update_list_member(list_id, "p0@example.com", body)["merge_fields"]


def test_an_audience_takes_30_fields_with_those_it_began_with(client, list_id):
    begun = client.lists.get_list_merge_fields(list_id)["total_items"]
    for number in range(30 - begun):
        make(client, list_id, f"F{number}")
    with pytest.raises(ApiClientError) as caught:
        make(client, list_id, "ONEMORE")
    assert caught.value.status_code == 400
    assert len(client.lists.get_list_merge_fields(list_id)["merge_fields"]) == 10
    assert len(client.lists.get_list_merge_fields(list_id, count=100)["merge_fields"]) == 30


@pytest.mark.parametrize("tag", ["ELEVENCHARS", "lower", "1ST", "A-B", "EMAIL", "", "FNAME"])
def test_a_wrong_or_taken_tag_is_refused(client, list_id, tag):
    with pytest.raises(ApiClientError) as caught:
        make(client, list_id, tag)
    assert caught.value.status_code == 400


def test_without_a_tag_one_is_made(client, list_id):
    made = client.lists.add_list_merge_field(list_id, {"name": "Any", "type": "text"})
    assert made["tag"] == f"MMERGE{made['merge_id']}"


def test_a_field_is_renamed_and_deleted_with_its_values(client, list_id, people, sandbox):
    people(1)
    made = make(client, list_id, "PICK1")
    write(client, list_id, {"PICK1": "jam"})
    body = {"name": "Pick", "tag": "PICK9"}
    changed = client.lists.update_list_merge_field(list_id, made["merge_id"], body)
    assert (changed["name"], changed["tag"]) == ("Pick", "PICK9")
    assert client.lists.get_list_merge_field(list_id, made["merge_id"]) == changed
    assert write(client, list_id, {})["PICK9"] == "jam"
    gone = client.lists.delete_list_merge_field(list_id, made["merge_id"])
    assert gone.status_code == 204
    assert "PICK9" not in write(client, list_id, {})
    kinds = [effect["kind"] for effect in ledger.effects(sandbox.entries)]
    assert kinds == [
        "merge_field_created",
        "field_written",
        "merge_field_changed",
        "merge_field_deleted",
    ]


def test_an_unknown_tag_is_ignored_without_a_word(client, list_id, people, sandbox):
    people(1)
    assert "NOPE" not in write(client, list_id, {"NOPE": "x"})
    assert not ledger.effects(sandbox.entries)


def test_text_takes_255_bytes_and_not_one_more(client, list_id, people):
    people(1)
    assert write(client, list_id, {"FNAME": "x" * 255})["FNAME"] == "x" * 255
    for value in ("x" * 256, "é" * 128):
        with pytest.raises(ApiClientError) as caught:
            write(client, list_id, {"FNAME": value})
        assert '"field":"FNAME"' in caught.value.text


@pytest.mark.parametrize(
    ("kind", "good", "shown", "bad"),
    [
        ("number", "12.5", 12.5, "a dozen"),
        ("date", "2026-03-01", "2026-03-01", "soon"),
        ("birthday", "12/24", "12/24", "24/12"),
        ("url", "https://shop.example.com/a", "https://shop.example.com/a", "shop"),
        ("zip", "12345", "12345", "1234"),
        ("dropdown", "red", "red", "blue"),
        ("text", 7, "7", True),
        ("text", None, "", ["x"]),
    ],
)
def test_each_type_takes_its_own_values(client, list_id, people, kind, good, shown, bad):
    people(1)
    make(client, list_id, "F", kind, options={"choices": ["red"]})
    assert write(client, list_id, {"F": good})["F"] == shown
    with pytest.raises(ApiClientError) as caught:
        write(client, list_id, {"F": bad})
    assert "Your merge fields were invalid." in caught.value.text


def test_a_required_field_is_required_unless_validation_is_skipped(client, list_id, people):
    people(1)
    make(client, list_id, "MUST", required=True)
    with pytest.raises(ApiClientError):
        write(client, list_id, {"FNAME": "Ann"})
    body = {"merge_fields": {"FNAME": "Ann"}}
    done = client.lists.update_list_member(
        list_id, "p0@example.com", body, skip_merge_validation="true"
    )
    assert done["merge_fields"]["FNAME"] == "Ann"
