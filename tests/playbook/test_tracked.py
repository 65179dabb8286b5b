"""Links that carry a decision: whatever address they are put on stays what it was, and what comes
back with a click is the decision it was rendered for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.links import carried, decision_of, token_of, tracked, without
from personalization.playbook.load import from_files
from personalization.playbook.mistakes import Mistakes
from personalization.render import Renderer

TEXT = """\
traits: {city: {attribute: city}}
segments: {everyone: "true"}
messages: {hi: {for: everyone, fields: {HEAD: "hi"}}}
slots: {hero: {messages: [hi], picks: 2, fields: [HEAD, URL, ALL, PAGE]}}
fields:
  HEAD: {fallback: Hi}
  URL: {value: "{{ picks[0].link }}", fallback: "https://shop.example.com", max: 80}
  PAGE: {value: "{{ ('https://shop.example.com/' ~ city)|tracked }}", fallback: no}
  ALL: {value: "{% for pick in picks %}<a href='{{ pick.link }}'>{{ pick.name }}</a>{% endfor %}", format: html, fallback: all}
"""
URL = "https://shop.example.com/p?a=1&b=2#top"
IDS = ("ab" * 16, "0123456789abcdef" * 2, "f" * 32)
hexes = st.binary(min_size=16, max_size=16).map(bytes.hex)
words = st.text("ab=&?%/;+.-_", max_size=12)


@given(
    hexes, words, words, st.none() | words, st.none() | st.sampled_from(["", "top", "a?ofone=x"])
)
def test_any_address_comes_back_as_it_was_and_names_the_decision(id, path, odd, query, end) -> None:
    url = f"https://shop.example.com/{path.replace('?', '')}"
    url += "" if query is None else f"?{query}"
    url += "" if end is None else f"#{end}"
    made = tracked(url, token_of(id))
    assert carried(made) == id
    assert tracked(made, token_of(IDS[0])).count("ofone=") == made.count("ofone=")
    assert without(made).rstrip("?&#") == url.rstrip("?&#") or (query or "").endswith(("?", "&"))
    assert made.partition("#")[2] == url.partition("#")[2]
    assert carried(url) is None
    assert decision_of(odd) is None


def test_a_token_is_short_safe_in_addresses_and_read_strictly() -> None:
    for id in IDS:
        token = token_of(id)
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,22}", token)
        assert decision_of(token) == decision_of(id) == id
        assert decision_of(token[:-1]) is decision_of(token + "A") is None
    assert decision_of("q" * 22) is None  # its last bits name nothing
    for other in ("mailto:a@example.com", "tel:1", "javascript:x", "//shop.example.com", ""):
        assert tracked(other, token_of(IDS[0])) == other


def rendered(treated=(True, True, False), url=URL):
    pick = {"id": "tea", "name": "Tea", "url": url}
    found = Renderer(from_files({"playbook.yaml": TEXT}, "t")).fields(
        {"city": ["Köln"] * 3, "everyone": [True] * 3, "stage": [None] * 3},
        {"hero": [[pick, pick]] * 3}, {"hero": ["hi"] * 3}, list(treated),
        {"hero": [id if here else None for id, here in zip(IDS, treated, strict=True)]},
    )  # fmt: skip
    return found.values


def test_each_contact_sees_links_of_their_own_decision_and_the_holdout_none() -> None:
    shown = rendered()
    for n in (0, 1):
        assert carried(shown["URL"][n]) == IDS[n]
        assert without(shown["URL"][n]) == URL
        assert carried(shown["PAGE"][n]) == IDS[n]
        hrefs = re.findall("href='([^']*)'", shown["ALL"][n])
        assert [carried(one.replace("&amp;", "&")) for one in hrefs] == [IDS[n]] * 2
    assert [shown[name][2] for name in ("URL", "PAGE", "ALL")] == ["https://shop.example.com", "no", "all"]  # fmt: skip
    assert not any("ofone" in values[2] for values in shown.values())
    assert rendered() == shown


def test_an_address_that_gets_too_long_falls_back_and_so_does_none_at_all() -> None:
    assert (
        rendered(url="https://shop.example.com/" + "a" * 40)["URL"][0] == "https://shop.example.com"
    )
    assert rendered(url=None)["URL"][0] == "https://shop.example.com"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ picks[0].link|upper }}", "upper would break the link"),
        ("{{ picks[0].url|tracked|truncate(20) }}", "truncate would break the link"),
        ("{{ picks[0].lnk }}", "a product has no lnk"),
    ],
)
def test_what_would_break_a_link_is_found_when_the_playbook_is_checked(template, reason) -> None:
    with pytest.raises(Mistakes) as wrong:
        from_files({"playbook.yaml": TEXT.replace("{{ picks[0].link }}", template)}, "t")
    assert [one.message for one in wrong.value.mistakes] == [reason]


def test_only_a_slots_field_has_a_decision_to_carry() -> None:
    with pytest.raises(Mistakes, match="only in a slot's field"):
        from_files({"playbook.yaml": TEXT.replace(", PAGE]", "]")}, "t")
