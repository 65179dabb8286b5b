"""Fields and tags of Mailchimp are made once, grouped, and never by the way."""


def test_tags_are_grouped_by_tag_five_hundred_a_call(ready, may, told):
    people = ready.people(1_200, tags=["Old"])
    ready.mark()
    permits = [may(n + 10, "tags", {"Regulars": n % 2 == 0, "Old": False}, one)
               for n, one in enumerate(people)]  # fmt: skip
    outcomes = told(ready.destination, permits)
    assert {one.result for one in outcomes.values()} == {"accepted"}
    # Regulars: 600 added and 600 removed in 2 calls; Old: 1,200 removed in 3. One read of ids.
    assert len(ready.calls("POST")) == 5
    assert len(ready.calls("GET")) == 1
    assert len(ready.effects("tag_added")) == 600
    assert len(ready.effects("tag_removed")) == 1_200


def test_a_tag_that_is_not_there_is_never_made_by_the_way(ready, may, told):
    people = ready.people(2)
    ready.mark()
    outcomes = told(ready.destination, [may(10, "tags", {"Nowhere": True}, people[0]),
                                        may(11, "tags", {"Nowhere": False}, people[1])])  # fmt: skip
    assert (outcomes[10].result, outcomes[11].result) == ("refused", "accepted")
    assert ready.effects() == []


def test_setting_up_twice_is_setting_up_once_and_what_is_not_ours_stays(ready, may, told):
    again = [may(1, "setup", {"field": "HERO", "label": "Hero (ofone)"}),
             may(2, "setup", {"tag": "Regulars"})]  # fmt: skip
    ready.mark()
    assert {one.result for one in told(ready.destination, again).values()} == {"accepted"}
    assert ready.effects() == []
    drops = [may(3, "setup", {"drop_field": "HERO"}), may(4, "setup", {"drop_tag": "Regulars"}),
             may(5, "setup", {"drop_field": "FNAME"})]  # fmt: skip
    for _ in range(2):
        outcomes = told(ready.destination, drops)
        assert [outcomes[n].result for n in (3, 4, 5)] == ["accepted", "accepted", "refused"]
    names = {field.name for field in ready.destination.fields()}
    assert "FNAME" in names
    assert "HERO" not in names
    assert ready.destination.tags() == []


def test_a_field_whose_making_lost_its_reply_is_there_and_accepted(shop, may, told):
    shop.fail({"kind": "lost_after", "method": "POST", "path": "merge-fields"})
    outcomes = told(shop.destination, [may(1, "setup", {"field": "HERO", "label": "A" * 60})])
    assert outcomes[1].result == "accepted"
    (field,) = (one for one in shop.destination.fields() if one.name == "HERO")
    assert field.ours
    assert len(field.label) <= 50


def test_a_full_audience_refuses_a_field_with_its_reason(shop, may, told):
    rows = [may(n, "setup", {"field": f"F{n}", "label": f"F{n} (ofone)"}) for n in range(1, 27)]
    outcomes = told(shop.destination, rows)
    assert [n for n, one in outcomes.items() if one.result == "refused"] == [26]
    assert "30 merge fields" in outcomes[26].reason
