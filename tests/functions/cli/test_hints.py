"""What is near to a known word in a shop's files is told, and taken all the same."""


def test_what_looks_mistyped_is_told_with_what_is_meant(corner):
    assert all(not one["hints"] for one in corner.json("pull")["pulled"])
    export = corner.folder / "export"
    (export / "contacts-more.csv").write_text(
        "id,emial,newsletter,shoe_size\n90,x@example.com,1,44\n"
    )
    (export / "events-more.csv").write_text(
        "key,kind,id,occurred_at,product_id\n"
        + "".join(f"m{n},{kind},90,2026-03-01T12:00:00Z,p1\n" for n, kind in enumerate(
            ["ordr", "ordr", "Purchase", "order", "tasting"])))  # fmt: skip
    told = corner.json("pull")["pulled"][0]
    assert told["pulled"]["skipped"] == 0
    assert [hint.partition(": ")[2].replace("; did you mean", "") for hint in told["hints"]] == [
        "column 'emial' is kept as a fact about the person 'email'?",
        "column 'newsletter' is kept as a fact about the person 'consent.email.marketing'?",
        "column 'product_id' is kept as a property of the event 'product'?",
        "kind 'Purchase' is used once 'order'?",
        "kind 'ordr' is used 2 times 'order'?",
    ]
    said = " ".join(corner("doctor", code=None).out.split())
    assert "kind 'ordr' is used 2 times; did you mean 'order'?" in said
    assert "shoe_size" not in said


def test_a_column_that_is_missing_is_found_under_the_name_that_others_give_it(corner):
    (corner.folder / "export" / "events-more.csv").write_text("key,kind,id,date\nm1,order,1,x\n")
    assert "column occurred_at is missing. Is it 'date'?" in corner("pull", code=4).err
