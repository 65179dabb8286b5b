"""One person is one alias however their address was typed; what is no address names nobody."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.alias import email_alias, outside_alias
from personalization.errors import Skip


@given(st.emails())
def test_space_case_and_form_make_no_difference(address):
    alias = email_alias(address)
    assert alias.startswith("email:")
    for form in (f"  {address}\n", address.upper(), unicodedata.normalize("NFD", address)):
        assert email_alias(form) == alias


def test_letters_that_look_the_same_are_the_same():
    assert email_alias("Zoe\u0308@Example.com") == email_alias("zo\u00eb@example.com")


@pytest.mark.parametrize("text", ["", "ana", "@example.com", "ana@", "a b@example.com", " @ "])
def test_what_is_no_address_is_skipped_and_not_repeated(text):
    with pytest.raises(Skip) as skipped:
        email_alias(text)
    assert not text.strip() or text.strip("@ ") == "" or text not in str(skipped.value)


def test_an_outside_id_is_named_with_its_system():
    assert outside_alias("files", "main", " 7 ") == "files/main:7"
    with pytest.raises(Skip):
        outside_alias("files", "main", " ")
