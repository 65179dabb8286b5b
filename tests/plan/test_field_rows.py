"""Which fields change, and how it is written down: as one contact at a time would say it."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from personalization.hashing import canonical, encoded
from personalization.plan.field_rows import field_changes
from personalization.plan.tally import Tally

HARD = st.one_of(
    st.sampled_from(
        [
            "",
            '","',
            '",',
            'x",',
            '",\n "',
            "\n",
            "\\",
            '"',
            "a\\",
            ",",
            '","","',
            "%s",
            "\u2028",
            "\x7f",
            "\x00",
        ]
    ),
    st.text(max_size=8),
    st.text(st.characters(categories=["Cs", "Lu"]), max_size=4),
)
NAMES = ("BODY", 'Q"%s', "TITLE")
TEXT = HARD.map(lambda one: json.loads(canonical(one)))
SHOWN = st.dictionaries(st.sampled_from([*NAMES, "FNAME"]), TEXT)
CONTACT = st.tuples(st.booleans(), SHOWN, st.tuples(TEXT, TEXT, TEXT))


@given(st.lists(HARD))
def test_many_texts_are_written_as_one_is(texts: list[str]) -> None:
    assert encoded(texts) == [canonical(one)[1:-1] for one in texts]


@given(st.lists(CONTACT, max_size=12))
def test_fields_that_change_are_told_with_what_was_there(people) -> None:
    shown = [dict(zip(NAMES, new, strict=True)) if same else old for same, old, new in people]
    expected = []
    for i, (before, (_, _, new)) in enumerate(zip(shown, people, strict=True)):
        changed = {name: value for name, value in zip(NAMES, new, strict=True)
                   if value != before.get(name, "")}  # fmt: skip
        if changed:
            old = {name: before.get(name, "") for name in changed}
            expected.append((i, canonical(old), canonical(changed)))
    values = {name: [new[k] for _, _, new in people] for k, name in enumerate(NAMES)}
    tally = Tally()
    texts = [canonical(one) for one in shown]
    assert field_changes(values, np.arange(len(people)), texts, tally) == expected
    assert tally.written == len(expected)
