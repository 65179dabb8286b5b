"""Groups (interest categories) and the names in them, read only. Who chose what stands in the
member."""

from typing import Any

from connectors.sandbox.mailchimp.members import audience_of
from connectors.sandbox.mailchimp.state import Account, Category
from connectors.sandbox.mailchimp.wire import Answer, Request, missing, page


def list_categories(account: Account, request: Request) -> Answer:
    """GET; ten at a time unless a count is given."""
    audience = audience_of(account, request)
    rows = list(audience.categories.values())

    def show(row: Category) -> dict[str, Any]:
        return {"list_id": audience.id, "id": row.id, "title": row.title, "display_order": 0,
                "type": row.type, "_links": []}  # fmt: skip

    return page(request, "categories", rows, show, list_id=audience.id)


def list_interests(account: Account, request: Request) -> Answer:
    """GET the names of one group."""
    audience = audience_of(account, request)
    category = audience.categories.get(request.ids["category"])
    if category is None:
        raise missing()

    def show(row: tuple[str, str]) -> dict[str, Any]:
        count = sum(m.interests.get(row[0], False) for m in audience.members.values())
        return {"category_id": category.id, "list_id": audience.id, "id": row[0], "name": row[1],
                "subscriber_count": str(count), "display_order": 1, "_links": []}  # fmt: skip

    rows = list(category.interests.items())
    return page(request, "interests", rows, show, list_id=audience.id, category_id=category.id)
