"""A contact's state is the latest word on each thing, whoever says it first."""

import json

from hypothesis import given
from hypothesis import strategies as st

from personalization.fold import Said, fold
from personalization.hashing import canonical, content_hash, digest, keyed, point
from personalization.identity import between, bucket, clusters, mint
from tests.store.histories import events

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8,
)  # fmt: skip


def said(event) -> Said:
    props = canonical(event.props)
    hash_ = content_hash(event.kind, event.alias, event.occurred_at, props)
    return Said(event.occurred_at, event.key, hash_, event.kind, event.props)


@given(st.lists(events(kinds=["attributes", "consent"]).map(said)), st.randoms())
def test_any_order_folds_to_the_same_state(log, random):
    shuffled = log[:]
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(log) == fold(log + log)


def test_a_stated_zone_stands_before_a_guessed_one():
    def zone(at, value, **more):
        return Said(at, "k", 1, "attributes", {"zone": value} | more)

    guessed = zone(9, "Asia/Tokyo", zone_from="destination")
    assert fold([zone(1, "Europe/Paris"), guessed]).zone == "Europe/Paris"
    both = fold([zone(1, "Europe/Paris"), guessed, zone(10, None)])
    assert (both.zone, both.zone_from) == ("Asia/Tokyo", "destination")


def test_what_was_taken_away_stays_away_for_older_news():
    def name(at, value):
        return Said(at, "k", 1, "attributes", {"set": {"name": value}})

    assert fold([name(5, None), name(4, "Ann")]).attributes == {}
    assert fold([name(5, None), name(6, "Ann")]).attributes == {"name": "Ann"}


def test_of_an_opt_in_and_an_opt_out_at_one_moment_the_opt_out_stands_whatever_their_keys():
    def consent(key, state, at=5):
        return Said(at, key, 1, "consent", {"by": "crm/main", "state": state})

    said = {"crm/main email marketing": "out"}
    assert fold([consent("z", "in"), consent("a", "out")]).consent == said
    assert fold([consent("a", "in"), consent("z", "out")]).consent == said
    assert fold([consent("a", "out"), consent("a", "in", 6)]).consent != said


def test_an_empty_field_of_a_destination_takes_away_only_what_stood_there():
    def city(at, value, by=None):
        return Said(at, "k", 1, "attributes", {"set": {"city": value}} | ({"by": by} if by else {}))

    files, there = city(1, "Lyon"), city(2, None, "hubspot/main")
    assert fold([files, there]).attributes == {"city": "Lyon"}
    moved = [files, city(3, "Paris", "hubspot/main")]
    assert fold(moved).attributes == {"city": "Paris"}
    assert fold([*moved, city(4, None, "hubspot/main")]).attributes == {"city": "Lyon"}
    assert fold([*moved, city(4, None)]).attributes == {}


@given(json_values)
def test_canonical_text_is_always_valid_and_settled(value):
    text = canonical(value)
    text.encode()
    assert canonical(json.loads(text)) == text


def test_hashes_tell_parts_apart_and_never_change():
    assert digest("ab", "c") != digest("a", "bc")
    assert keyed("k", "a") != keyed("l", "a")
    assert digest("a") == "e4e97ca07ff48bfd2f4a4fef6d3b0f0f"
    assert keyed("k", "a").startswith("c3659a4f7f39e5d1")
    assert point("a", "b") == 3928504176
    assert content_hash("order", "x:1", 5, '{"a":1}') == 5824310298960335561
    assert mint("key", "email:ann@example.com", 0) == "8381c43e32ec6015bf06009117b0cbfb"


def test_ids_fall_into_their_buckets():
    contact = mint("key", "email:ann@example.com", 0)
    assert len(contact) == 32
    least, below = between(bucket(contact), bucket(contact))
    assert least <= contact < below
    assert between(250, 255) == ("fa", "g")


def test_of_linked_contacts_the_eldest_survives():
    age = {"a": 3, "b": 1, "c": 1, "d": 2}
    assert clusters([("a", "b"), ("c", "a")], age) == {"a": "b", "c": "b"}
    assert clusters([("a", "d"), ("b", "c"), ("d", "c")], age) == {"a": "b", "c": "b", "d": "b"}
