"""Two audiences of one shop each have a plan of their own."""

import connectors
from tests.plan.corner import email

OTHER = "0ther0ther"


def test_a_plan_for_one_audience_leaves_the_others_alone(corner):
    corner.sandbox.control("members", list=OTHER, members=[{"email": email(3)}])
    first = corner.destination
    second = connectors.find("mailchimp").destination("other", {
        "list": OTHER, "key": "k-us6", "url": f"{corner.sandbox.url}/3.0", "sleep": lambda _: None,
    })  # fmt: skip
    made = {}
    for one in (first, second):
        corner.destination = one
        corner.pull()
        made[one.account] = corner.plan()
    assert (made["main"].written, made["other"].written) == (10, 1)
    for one in (first, second):
        corner.destination = one
        assert corner.apply(made[one.account]).complete
        again = corner.plan()
        assert again.empty, again
    members = corner.sandbox.world.audience(OTHER).members.values()
    assert [one.merge_fields["ORDERS"] for one in members] == ["1"]
    second.close()
    corner.destination = first
