"""What is wrong in a folder of files is told by file and row, and set aside or stopped at."""

import csv
import json

import pytest

from personalization.errors import Stop
from tests.connectors.folders import put, read, source

EVENT = "key,kind,id,email,occurred_at,amount,currency,product,quantity,rating,offset,longitude"

WRONG_ROWS = {
    "no key": (",order,7,,2026-03-01,,,,,,,", "key is missing"),
    "no kind": ("a,,7,,2026-03-01,,,,,,,", "kind is missing"),
    "nobody": ("a,order,,,2026-03-01,,,,,,,", "neither id nor email"),
    "no address": ("a,order,,secret,2026-03-01,,,,,,,", "not an e-mail address"),
    "no moment": ("a,order,7,,,,,,,,,", "occurred_at is missing"),
    "American date": ("a,order,7,,03/31/2026,,,,,,,", "2026-03-31T14:05:00Z"),
    "no such day": ("a,order,7,,2026-02-30,,,,,,,", "2026-03-31T14:05:00Z"),
    "seconds": ("a,order,7,,1772323200,,,,,,,", "microseconds"),
    "amount without currency": ("a,order,7,,2026-03-01,1.00,,,,,,", "needs a currency"),
    "no amount": ("a,order,7,,2026-03-01,secret,EUR,,,,,", "amount: write an amount"),
    "too many digits": ("a,order,7,,2026-03-01,1.005,EUR,,,,,", "no more digits"),
    "comma in an amount": ('a,order,7,,2026-03-01,"1,50",EUR,,,,,', "with a point"),
    "no currency": ("a,order,7,,2026-03-01,1,Euro,,,,,", "three letters"),
    "a currency that is none": ("a,order,7,,2026-03-01,1,XXQ,,,,,", "ISO 4217"),
    "negative quantity": ("a,order,7,,2026-03-01,,,p1,-2,,,", "refund event"),
    "no quantity": ("a,order,7,,2026-03-01,,,p1,0,,,", "at least 1"),
    "half a rating": ("a,order,7,,2026-03-01,,,,,4.5,,", "rating: write a whole number"),
    "off the globe": ("a,order,7,,2026-03-01,,,,,,,181", "-180 to 180"),
    "cell too many": ("a,order,7,,2026-03-01,,,,,,,,extra", "13 cells where the heading has 12"),
    "cell too few": ("a,order,7", "3 cells where the heading has 12"),
}


@pytest.mark.parametrize("case", WRONG_ROWS)
def test_a_wrong_row_is_set_aside_with_its_line_and_the_remedy(tmp_path, case):
    row, remedy = WRONG_ROWS[case]
    put(tmp_path, "events.csv", EVENT, "x,order,7,,2026-03-01,,,,,,,", "", row,
        "z,order,7,,2026-03-01,,,,,,,")  # fmt: skip
    events, _, (wrong,), _ = read(tmp_path)
    assert [event.key for event in events] == ["files/main:x", "files/main:z"]
    assert wrong.place == "events.csv line 4"
    assert remedy in wrong.reason
    assert "secret" not in wrong.reason
    assert list(json.loads(wrong.body)["row"].values()) == next(csv.reader([row]))[:12]


def test_a_contact_whose_zone_is_none_is_set_aside_and_the_others_are_taken(tmp_path):
    put(tmp_path, "contacts.csv", "id,city,zone", "1,Lyon,Europe/Paris", "2,Ulm,Europe/Ulm",
        "3,Bonn,")  # fmt: skip
    events, _, (wrong,), _ = read(tmp_path)
    assert [event.alias for event in events] == ["files/main:1", "files/main:3"]
    assert wrong.place == "contacts.csv line 3"
    assert "time zone database" in wrong.reason
    assert "Ulm" not in wrong.reason


WRONG_FILES = {
    "column twice": (("events.csv", "key,kind,id,occurred_at,key"), "'key' is there twice"),
    "typed twice": (("contacts.csv", "id,age,age:integer"), "'age' is there twice"),
    "no name": (("contacts.csv", "id,,age"), "a column has no name"),
    "missing": (("events.csv", "key,kind,id,occured_at"), "occurred_at is missing. Is it 'occured_at'"),
    "nobody": (("events.csv", "key,kind,occurred_at"), "column id or email is missing"),
    "unknown type": (("contacts.csv", "id,age:whole"), "declares an unknown type"),
    "both amounts": (("events.csv", "key,kind,id,occurred_at,amount,amount_minor"), "Keep one"),
    "odd consent": (("contacts.csv", "id,consent_email"), "consent.email.marketing"),
    "misspelt consent": (("contacts.csv", "id,consent.email.marketng"), "Did you mean 'marketing'?"),
    "consent nobody asks about": (("contacts.csv", "id,consent.fax.marketing"), "email, sms, push"),
    "empty": (("events.csv",), "no heading"),
    "unknown name": (("orders.csv", "key"), "orders.csv would not be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_FILES)
def test_a_wrong_heading_stops_the_file(tmp_path, case):
    (name, *lines), remedy = WRONG_FILES[case]
    put(tmp_path, name, *lines)
    with pytest.raises(Stop) as stopped:
        read(tmp_path)
    assert remedy in str(stopped.value)


def test_another_encoding_stops_with_the_line(tmp_path):
    put(tmp_path, "contacts.csv", "id,city", *(f"{n},Paris" for n in range(50)), "51,Orléans",
        encoding="latin-1")  # fmt: skip
    with pytest.raises(Stop, match=r"contacts\.csv line 52 is not UTF-8"):
        read(tmp_path)


def test_a_quotation_mark_never_closed_stops_with_the_line(tmp_path):
    put(tmp_path, "contacts.csv", "id,city", '1,"Paris', *(f"{n},{'x' * 1000}" for n in range(200)))
    with pytest.raises(Stop, match="never closed"):
        read(tmp_path)


def test_a_file_with_nothing_right_in_it_stops(tmp_path):
    put(tmp_path, "events.csv", "key,kind,id,occurred_at",
        *(f"{n},order,7,31.03.2026" for n in range(30)))  # fmt: skip
    with pytest.raises(Stop, match=r"no row of events\.csv can be taken.*line 2"):
        read(tmp_path)


def test_an_empty_or_missing_folder_stops(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(Stop):
            read(folder)
    put(tmp_path, "contacts.csv", "id")
    with pytest.raises(Stop, match="zone"):
        read(tmp_path, zone="Nowhere/Land")
    with pytest.raises(Stop, match="currency"):
        source(tmp_path, currency="EUR'; DROP TABLE made")
