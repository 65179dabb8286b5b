"""What a contact's fields show: their own values, or the fallback, and never anything between."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization import render
from personalization.playbook import texts
from personalization.playbook.load import from_files
from personalization.render import Rendered, Renderer

TEXT = """\
currency: EUR
zone: Europe/Berlin
properties: {tasting.at_time: timestamp}
traits:
  city: {attribute: city}
  orders: {count: order}
  spend: {sum: order.amount}
  mean: {average: order.rating}
  next_one: {last: tasting.at_time}
  born: {attribute: born, type: date}
segments:
  active: orders >= 2
  everyone: "true"
stages: [active, everyone]
messages:
  thanks: {for: active, fields: {HEAD: "Thanks {{ city }}", WHICH: "chosen {{ message }}"}}
  hello: {for: everyone, fields: {HEAD: "Hello"}}
slots:
  hero: {messages: [thanks, hello], picks: 2, fields: [HEAD, WHICH, PICK, COST, ALL]}
fields:
  HEAD: {fallback: Hi, max: 12}
  WHICH: {value: "own {{ stage }}", fallback: none}
  PICK: {value: "{{ picks[1].name }} at {{ picks[1].url }}", fallback: our best}
  COST: {value: "{{ picks[0].price|money }}", fallback: "-"}
  ALL: {value: "{% for pick in picks %}<i>{{ pick.name }}</i>{% if not loop.last %}, {% endif %}{% endfor %}", format: html, fallback: all}
  CITY: {value: "{{ city|upper }}", fallback: there}
  SPENT: {value: "{{ spend|money }}", fallback: "0"}
  MEAN: {value: "{{ mean|round(1) }}", fallback: "0"}
  WHEN: {value: "{{ next_one|date('%d.%m. %H:%M') }} {{ born|date('%Y') }}", fallback: soon}
  SAFE: {value: "<b>{{ city }}</b>", format: html, fallback: <b></b>}
  SOFT: {value: "{{ city|default('you') }}{% if active %}!{% endif %}", fallback: x}
"""
RENDERER = Renderer(from_files({"playbook.yaml": TEXT}, "r"))
PICKS = (
    {"id": "a", "name": "Tea & <Co>", "price": 950, "currency": "USD", "url": "https://a"},
    {"id": "b", "name": "Wine", "price": None, "currency": None, "url": None},
    {"id": "c", "name": "Beer", "price": 1200, "currency": None, "url": "https://c"},
)
Contact = Mapping[str, Any]


def contact(**values: Any) -> dict[str, Any]:
    plain = {"city": "Berlin", "orders": 3, "spend": 12345, "mean": 4.25, "born": "1980-02-29",
             "next_one": 1_767_225_600_000_000, "active": True, "everyone": True,
             "stage": "active", "picks": [PICKS[0], PICKS[2]], "message": "thanks",
             "treated": True}  # fmt: skip
    return plain | values


def shown(contacts: Sequence[Contact], renderer: Renderer = RENDERER) -> Rendered:
    names = ("city", "orders", "spend", "mean", "born", "next_one", "active", "everyone", "stage")
    columns = {name: [one[name] for one in contacts] for name in names}
    return renderer.fields(
        columns,
        {"hero": [one["picks"] for one in contacts]},
        {"hero": [one["message"] for one in contacts]},
        [one["treated"] for one in contacts],
    )


def fields_of(one: Contact) -> dict[str, str]:
    return {name: values[0] for name, values in shown([one]).values.items()}


def test_a_contact_with_everything_sees_everything() -> None:
    assert fields_of(contact(city="Köln")) == {
        "HEAD": "Thanks Köln", "WHICH": "chosen thanks", "PICK": "Beer at https://c",
        "COST": "$9.50", "ALL": "<i>Tea &amp; &lt;Co&gt;</i>, <i>Beer</i>", "CITY": "KÖLN",
        "SPENT": "€123.45", "MEAN": "4.2", "WHEN": "01.01. 01:00 1980", "SAFE": "<b>Köln</b>",
        "SOFT": "Köln!",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field", "text"),
    [
        ({"city": None}, "CITY", "there"),
        ({"city": None}, "SOFT", "you!"),
        ({"city": None}, "HEAD", "Hi"),
        ({"city": "Timbuktu"}, "HEAD", "Hi"),  # 15 bytes, 12 allowed
        ({"city": "Köln\n \tam  Rhein"}, "CITY", "KÖLN AM RHEIN"),
        ({"city": "  a\x00b\u2028c "}, "CITY", "A B C"),
        ({"city": "<script>'\"&"}, "SAFE", "<b>&lt;script&gt;&#39;&#34;&amp;</b>"),
        ({"city": "{{ spend }}"}, "CITY", "{{ SPEND }}"),
        ({"message": "hello"}, "HEAD", "Hello"),
        ({"message": "hello"}, "WHICH", "own active"),
        ({"message": None}, "HEAD", "Hi"),
        ({"message": None}, "WHICH", "own active"),
        ({"message": None, "stage": None}, "WHICH", "none"),
        ({"picks": [PICKS[0]]}, "PICK", "our best"),
        ({"picks": [PICKS[0], PICKS[1]]}, "PICK", "our best"),
        ({"picks": []}, "ALL", ""),
        ({"picks": [PICKS[1]]}, "COST", "-"),
        ({"picks": [PICKS[2]]}, "COST", "€12.00"),
        ({"spend": -5}, "SPENT", "-€0.05"),
        ({"mean": -0.0}, "MEAN", "0.0"),
        ({"active": None}, "SOFT", "x"),
        ({"treated": False}, "CITY", "there"),
        ({"treated": False}, "SAFE", "<b></b>"),
    ],
)
def test_a_missing_or_odd_value_makes_that_field_alone_fall_back(
    values: dict[str, Any], field: str, text: str
) -> None:
    assert fields_of(contact(**values))[field] == text


def test_columns_may_be_numpy_with_masks() -> None:
    columns: dict[str, Any] = {
        "city": np.array(["A", None], dtype=object),
        "orders": np.array([1, 2]),
        "spend": np.ma.masked_array(np.array([100, 7]), [False, True]),
        "mean": np.array([1.5, -0.0]),
        "born": np.array([None, None], dtype=object),
        "next_one": np.ma.masked_array(np.array([0, 0]), [True, True]),
        "active": np.array([True, False]),
        "everyone": np.array([True, True]),
        "stage": np.array(["active", None], dtype=object),
    }
    found = RENDERER.fields(columns, {"hero": [[], []]}, {"hero": [None, None]}, [True, True])
    assert found.values["SPENT"] == ["€1.00", "0"]
    assert found.values["MEAN"] == ["1.5", "0.0"]
    assert found.values["SOFT"] == ["A!", "you"]


def test_fallbacks_are_counted_by_field_and_reason() -> None:
    found = shown([contact(), contact(city=None), contact(city="x" * 300), contact(treated=False)])
    assert found.fallbacks["CITY"] == 2
    assert found.reasons["CITY"] == {"holdout": 1, "no city": 1, "too long": 1}
    assert found.reasons["PICK"] == {"holdout": 1}


def test_a_missing_part_of_a_pick_is_named_as_the_customer_wrote_it() -> None:
    found = shown([contact(picks=[PICKS[0], PICKS[1]]), contact(picks=[])])
    assert found.reasons["PICK"] == {"no picks[1].name": 1, "no picks[1].url": 1}


def test_what_a_field_reads_can_be_told() -> None:
    assert RENDERER.names("HEAD", "thanks") == ("city",)
    assert RENDERER.names("PICK") == ("picks[1].name", "picks[1].url")
    assert RENDERER.names("HEAD") == ()


def test_nobody_at_all_is_fine() -> None:
    assert set(shown([]).values["CITY"]) == set()


contacts = st.lists(
    st.builds(
        contact,
        city=st.none() | st.text(max_size=12),
        spend=st.none() | st.integers(-(10**9), 10**9),
        mean=st.none() | st.floats(-10, 10),
        stage=st.sampled_from([None, "active", "everyone"]),
        message=st.sampled_from([None, "thanks", "hello"]),
        picks=st.lists(st.sampled_from(PICKS), max_size=2),
        treated=st.booleans(),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(people=contacts, room=st.sampled_from([0, 3, 20_000]))
def test_a_contact_sees_the_same_alone_and_among_others(
    people: list[dict[str, Any]], room: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "MOST_REMEMBERED", room)
        patch.setattr(render, "CHUNK", 4)
        together = shown(people, Renderer(from_files({"playbook.yaml": TEXT}, "r"))).values
    alone = [fields_of(one) for one in people]
    assert together == {name: [one[name] for one in alone] for name in together}


@settings(max_examples=100, deadline=None)
@given(city=st.text(max_size=300))
def test_no_text_is_longer_than_its_field_or_breaks_its_line(city: str) -> None:
    for name, text in fields_of(contact(city=city)).items():
        assert len(text.encode(errors="replace")) <= 255
        if name != "SAFE":
            assert not any(ord(sign) < 32 for sign in text)
