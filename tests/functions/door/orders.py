"""Orders that come to the door, and what the corner then shows, for tests."""

from urllib.parse import urlencode

from connectors.sandbox.world import LIST
from tests.functions.door.conftest import SECRETS


def order(n, id=7001, **more):
    """An order by person n, as Shopify tells it."""
    return {"id": id, "email": f"p{n}@example.com", "currency": "EUR", "total_price": "12.50",
            "created_at": "2026-03-02T10:00:00Z", "updated_at": "2026-03-02T10:05:00Z",
            "line_items": [{"product_id": "bread", "quantity": 1, "price": "12.50"}], **more}  # fmt: skip


N = 0
"""Who never ordered, and is not in the holdout: with the first order the field changes."""


def field(corner, n):
    """What the audience shows for person n."""
    audience = corner.sandbox.world.audience(LIST)
    found = [one for one in audience.members.values() if one.email_address == f"p{n}@example.com"]
    return found[0].merge_fields["HEADLINE"]


def hear_mailchimp(door, corner, after):
    """The sandbox tells what happened after that ledger entry, as Mailchimp does."""
    url = f"{door.url}/hooks/mailchimp/main/{SECRETS['MAILCHIMP_WORD']}"
    return corner.sandbox.control("deliver", url=url, secret=SECRETS["MAILCHIMP_SECRET"],
                                  after=after)["statuses"]  # fmt: skip


def signed_form(door, form):
    """A call as Mailchimp makes it now, as far as the shop's clock goes."""
    from connectors.sandbox.mailchimp.webhooks import signature

    body = urlencode(form).encode()
    seconds = door.shop.clock() // 1_000_000
    return door.call("POST", f"/hooks/mailchimp/main?secret={SECRETS['MAILCHIMP_WORD']}", body,
                     **{"X-Mailchimp-Signature": signature(SECRETS["MAILCHIMP_SECRET"], seconds,
                                                           body)})  # fmt: skip
