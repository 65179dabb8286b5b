"""A person leaves when the shop or the portal says so, and no late call brings them back."""

import json

import pytest

from tests.functions.door.conftest import SECRETS
from tests.functions.door.orders import order


@pytest.fixture
def known(corner, door):
    """The corner with everybody pulled. Gives (corner, door)."""
    corner("pull")
    return corner, door


def test_a_person_leaves_every_table_when_the_shop_asks_and_no_late_call_brings_them_back(
    known,
) -> None:
    corner, door = known
    store = door.shop.store
    assert door.shopify("orders/create", order(1, customer={"id": 501})).status == 200
    door.turn()
    contact = store.contact_of("shopify/main:501")
    assert contact == store.contact_of("email:p1@example.com")
    redact = {"shop_id": 1, "shop_domain": "x.example.com", "orders_to_redact": [7001],
              "customer": {"id": 501, "email": "p1@example.com"}}  # fmt: skip
    assert door.shopify("customers/redact", redact).status == 200
    assert store.contact_of("shopify/main:501") is None
    assert store.erased(contact)
    assert store.aliases_of(contact) == []
    ((_, note, _),) = store.dead_letters()
    assert contact in note
    assert "erased" in note
    assert door.shopify("customers/redact", redact).status == 200  # asked again
    assert door.shopify("orders/updated", order(1, customer={"id": 501})).status == 200
    writes = corner.writes()
    door.turn()
    assert store.contact_of("shopify/main:501") is None
    assert store.contact_of("email:p1@example.com") is None
    assert len(list(store.dead_letters())) == 1
    assert corner.writes() == writes
    assert door.decision("p1@example.com").status == 404
    # The topic is not signed: a body of another topic under this one erases nobody.
    assert door.shopify("customers/redact", order(2, customer={"id": 502})).status == 200
    assert store.contact_of("email:p2@example.com")
    assert corner("letters", "--replay").code == 0


def test_who_asks_what_is_kept_is_told_to_the_operator_by_id(known) -> None:
    corner, door = known
    asked = {"shop_id": 1, "orders_requested": [], "customer": {"id": 1, "email": "p3@example.com"}}
    assert door.shopify("customers/data_request", asked).status == 200
    contact = door.shop.store.contact_of("email:p3@example.com")
    (letter,) = corner.json("letters")["letters"]
    assert f"ofone export {contact}" in letter["reason"]
    assert "example.com" not in letter["reason"]
    corner("letters", "--replay")
    door.turn()
    assert corner.json("letters")["letters"] == []


def test_a_shop_that_is_gone_takes_along_who_is_known_from_it_alone(known) -> None:
    _, door = known
    store = door.shop.store
    for number, mail in ((601, "new@example.com"), (602, "p4@example.com")):
        door.shopify("customers/create", {"id": number, "email": mail, "created_at":
                                          "2026-03-01T00:00:00Z"})  # fmt: skip
    door.turn()
    assert door.shopify("shop/redact", {"shop_id": 1, "shop_domain": "x.example.com"}).status == 200
    door.turn()
    assert store.contact_of("shopify/main:601") is None
    assert store.contact_of("shopify/main:602") == store.contact_of("email:p4@example.com")
    ((_, note, _),) = store.dead_letters()
    assert "1 contacts were, 1 are known from elsewhere" in note
    door.turn()
    assert len(list(store.dead_letters())) == 1


def test_hubspot_s_deletion_for_privacy_erases_and_its_neighbours_in_the_call_stay(door) -> None:
    from tests.connectors.stages import hook_hubspot as stage

    now = door.shop.clock()
    url = f"{door.url}/hooks/hubspot/main"

    def hear(*rows):
        request = stage.request(body=json.dumps(rows).encode(), secret=SECRETS["HUBSPOT_SECRET"],
                                at=now, url=url)  # fmt: skip
        assert (
            door.call("POST", "/hooks/hubspot/main", request.body, **request.headers).status == 200
        )

    ids = {501: "email", 502: "email"}
    hear(*(stage.row(at=now - 9_000_000, objectId=one, propertyName=name,
                     propertyValue=f"h{one}@example.com") for one, name in ids.items()))  # fmt: skip
    door.turn()
    hear(stage.row("privacyDeletion", at=now, objectId=501),
         stage.row(at=now, objectId=502, propertyName="city", propertyValue="Lyon"))  # fmt: skip
    door.turn()
    store = door.shop.store
    assert store.contact_of("email:h501@example.com") is None
    left = store.contact_of("hubspot/main:502")
    assert left == store.contact_of("email:h502@example.com")
    assert "Lyon" in json.dumps(store.export(left))
