"""What people say of themselves in Mailchimp becomes attributes and consent, from the wire to the
playbook."""

import pytest

from connectors import find
from connectors.sandbox.world import LIST
from personalization.errors import Stop
from personalization.models import DAY, HOUR
from tests.plan.corner import NOW, PLAYBOOK, event, opened

PERMISSION = "2a4819ebc7"
TASTES = PLAYBOOK.replace("traits:\n", """traits:
  tastes: {attribute: Tastes}
  style: {attribute: Style}
""").replace("segments:\n", """segments:
  green_drinkers: {when: "tastes like '%\\"Green tea\\"%' and style = 'Calm'", tag: Green}
""")  # fmt: skip


def brought(shop, cursor=None):
    pages = list(shop.destination.pull(cursor))
    return {one.email: one for page in pages for one in page.records}, pages


def test_groups_become_a_name_or_a_list_of_names_and_cost_calls_only_where_there_are_any(shop):
    shop.people(3)
    shop.mark()
    brought(shop)
    assert shop.calls(path="interest-categories") == []
    tastes = shop.sandbox.control("mailchimp/group", title="Tastes", names=["Tea", "Green tea"])
    style = shop.sandbox.control("mailchimp/group", title="Style", type="radio",
                                 names=["Calm", "Loud"])  # fmt: skip
    chosen = {tastes["names"]["Tea"]: True, tastes["names"]["Green tea"]: True,
              style["names"]["Loud"]: True}  # fmt: skip
    shop.sandbox.control("members", members=[{"email": "p1@example.com", "interests": chosen}])
    people, _ = brought(shop)
    assert len(shop.calls(path="interest-categories")) == 3
    said = people["p1@example.com"].attributes
    assert (said["Tastes"], said["Style"]) == (["Green tea", "Tea"], "Loud")
    assert people["p0@example.com"].attributes["Tastes"] is None
    # A group made later is read once somebody shows it; nothing is read twice.
    shop.sandbox.control("mailchimp/group", title="Visits", names=["Weekly"])
    brought(shop)
    brought(shop)
    assert len(shop.calls(path="interest-categories")) == 3 + 4


@pytest.mark.parametrize(("ticked", "state"), [(True, "in"), (False, "out")])
def test_only_the_permissions_that_the_settings_name_are_consent(shop, ticked, state):
    shop.sandbox.control("mailchimp/permissions", ids=[PERMISSION, "other"])
    rows = [{"email": "p1@example.com", "permissions": {PERMISSION: ticked, "other": True}}]
    shop.sandbox.control("members", members=rows)
    assert brought(shop)[0]["p1@example.com"].consent == {}
    shop.destination = shop.another(permissions={PERMISSION: "sms marketing"})
    said = brought(shop)[0]["p1@example.com"].consent
    assert said == {f"mailchimp/main/{PERMISSION} sms marketing": state}


@pytest.mark.parametrize("there", [[], ["other"]])
def test_a_permission_that_is_not_there_stops_whoever_pulls_and_doctor_says_it(shop, there):
    """Not ticked it is an opt-out; of one that is not there nothing would be read, and those who
    never agreed would be sent to."""
    shop.sandbox.control("mailchimp/permissions", ids=there)
    shop.sandbox.control("members", members=[{"email": "p1@example.com"}])
    shop.destination = shop.another(permissions={PERMISSION: "email marketing"})
    known = ", ".join(there) or "none"
    with pytest.raises(Stop, match=rf"^mailchimp/main: .* {PERMISSION} \(it has: {known}\)"):
        brought(shop)
    (said,) = [one for one in shop.destination.examine() if one.about == "marketing permissions"]
    assert (said.level, PERMISSION in said.said) == ("wrong", True)


def test_a_stated_taste_makes_a_segment_and_a_tag(tmp_path):
    with opened(tmp_path) as corner:
        corner.text = TASTES
        tastes = corner.sandbox.control("mailchimp/group", title="Tastes", names=["Green tea"])
        style = corner.sandbox.control("mailchimp/group", title="Style", type="radio",
                                       names=["Calm", "Loud"])  # fmt: skip
        green = {tastes["names"]["Green tea"]: True}
        rows = [{"email": f"p{n}@example.com", "interests": green | {style["names"][how]: True}}
                for n, how in ((4, "Calm"), (5, "Loud"))]  # fmt: skip
        corner.sandbox.control("members", members=rows)
        corner.settled()
        assert corner.tagged("Green") == 1


def test_a_permission_taken_back_stops_the_send(tmp_path):
    with opened(tmp_path) as corner:
        corner.sandbox.control("mailchimp/permissions", ids=[PERMISSION])
        rows = [{"email": f"p{n}@example.com", "permissions": {PERMISSION: n != 5}}
                for n in range(10)]  # fmt: skip
        corner.sandbox.control("members", members=rows)
        corner.destination = find("mailchimp").destination("main", {
            "list": LIST, "key": "k-us6", "url": f"{corner.sandbox.url}/3.0",
            "sleep": lambda _: None, "permissions": {PERMISSION: "email marketing"},
        })  # fmt: skip
        corner.settled()
        # What we wrote moved everybody's last change, and nobody has agreed to anything anew.
        told = [key for key in corner.log(5) if "|consent|" in key]
        assert len(told) == 2
        assert corner.pull(NOW + HOUR).events == 0
        before = len(corner.sent())
        later = NOW + DAY
        corner.webhook(later, event("cart", 5, later), event("cart", 6, later))
        corner.tick(later)
        corner.tick(later + HOUR)
        assert len(corner.sent()) == before + 1
