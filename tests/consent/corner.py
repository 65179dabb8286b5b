"""The shop of the floor: its playbook, its audiences, what it says of people, and how the audiences
name them."""

from pathlib import Path
from typing import Any

from connectors.sandbox.mailchimp.state import hashed
from connectors.sandbox.world import LIST, World
from personalization.alias import email_alias, outside_alias
from personalization.models import ATTRIBUTES, CONSENT, LINK, Event
from tests.consent.acts import addresses, marker, shop_alias

LISTS = (LIST, "0ddb0a7ca5")
ACCOUNTS = ("main", "other")
"""The playbook writes and sends through the first; the second is only a place to opt out."""

PLAYBOOK = """
name: consent
currency: EUR
zone: Europe/Berlin
language: en
traits:
  carts:  {count: cart}
  city:   {attribute: city}
segments:
  everyone: carts >= 0
  carters:  {when: carts >= 1, tag: Carters}
messages:
  cart_reminder: {for: everyone, title: Still there}
fields:
  CARTS: {value: "{{ carts }} from {{ city }}", fallback: "none yet", label: Carts}
triggers:
  cart_left: {after: cart, wait: 0h, within: 1d, send: cart_reminder, by: event}
limits: {holdout: 0%, park_above: 100% of contacts, empty_above: 100%, edits: overwrite}
"""


def playbook_in(folder: Path) -> Path:
    """Writes the playbook."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "playbook.yaml").write_text(PLAYBOOK, encoding="utf-8")
    return folder


def words(person: int, act: str, serial: int, life: int, now: int) -> list[Event]:
    """Events as a source would tell them. A cart carries a word that is of this life only."""

    def event(kind: str, props: dict[str, Any]) -> Event:
        return Event(key=f"{shop_alias(person)}|{kind}|{act}|{serial}|{len(props)}",
                     kind=kind, alias=shop_alias(person), occurred_at=now, props=props)  # fmt: skip

    if act == "cart":
        return [event("cart", {"city": marker(person, life)})]
    links = [event(LINK, {"other": email_alias(one)}).model_copy(
        update={"key": f"link|{person}|{n}|{serial}"})
        for n, one in enumerate(addresses(person))]  # fmt: skip
    if act == "import":
        return [*links, event(ATTRIBUTES, {"set": {"city": marker(person, life)}})]
    agreed = {"by": "shop/main", "channel": "email", "purpose": "marketing", "state": act}
    return [*links, event(CONSENT, agreed)]


def member_aliases(world: World, person: int) -> list[str]:
    """How the audiences name a person: by contact ids."""
    found = []
    for n, account in enumerate(ACCOUNTS):
        audience = world.audience(LISTS[n])
        for address in addresses(person):
            member = audience.find(address)
            if member:
                found.append(outside_alias("mailchimp", account, member.contact_id))
    return found


def members_of(people: int) -> dict[str, int]:
    """Whose each member id is."""
    return {hashed(one): person for person in range(people) for one in addresses(person)}
