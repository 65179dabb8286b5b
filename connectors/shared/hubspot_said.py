"""Products, and what people answered to surveys."""

from collections.abc import Mapping
from typing import Any

from connectors.shared.hubspot_walk import Kind, Row
from connectors.shared.moments import micros
from connectors.shared.webhook import (
    decimal_at,
    first_moment,
    id_at,
    money_at,
    text_at,
)
from connectors.shared.webhook_events import Place, alias_of, fact, mail_alias, version_at
from personalization.errors import Skip
from personalization.models import Event, Product

PRODUCTS, FEEDBACK = Kind(name="products"), Kind(name="feedback_submissions")
WANTED = {
    "products": ("name", "price", "hs_product_type", "hs_url", "hs_images"),
    "feedback_submissions": ("hs_survey_type", "hs_survey_name", "hs_submission_timestamp",
                             "hs_createdate", "hs_value", "hs_content", "hs_contact_id",
                             "hs_contact_email_rollup"),
}  # fmt: skip


def product(row: Row, currency: str | None) -> Product:
    """A product by its record id. Prices are in the portal's currency. Raises Skip."""
    values: Mapping[str, Any] = row.get("properties") or {}
    images = (text_at(values, "hs_images") or "").split(";")
    price = money_at(values, currency, "price")
    return Product(
        id=str(row["id"]), name=id_at(values, "name"), category=text_at(values, "hs_product_type"),
        price=price, currency=currency if price is not None else None,
        url=text_at(values, "hs_url"), image=images[0].strip() or None,
    )  # fmt: skip


def feedback(place: Place, row: Row, contacts: list[str]) -> Event:
    """A survey's answer. `form` is nps, csat, ces or custom; the rating is as it was given, 0 to 10
    in NPS. Raises Skip where nobody knows who said it, or when."""
    values: Mapping[str, Any] = row.get("properties") or {}
    id = text_at(values, "hs_contact_id") or next(iter(contacts), None)
    mail = mail_alias((text_at(values, "hs_contact_email_rollup") or "").split(";")[0])
    who = alias_of(place, id) if id else mail
    if who is None:
        raise Skip("the submission is joined to no contact")
    given = first_moment(values, "hs_submission_timestamp", "hs_createdate")
    rating = decimal_at(values, "hs_value")
    props = {
        "form": (text_at(values, "hs_survey_type") or "custom").lower(),
        "survey": text_at(values, "hs_survey_name"),
        "rating": int(rating) if rating is not None and rating == int(rating) else None,
        "text": text_at(values, "hs_content"),
    }
    moment = version_at(given, micros(row["updatedAt"]))
    return fact(place, "feedback", ("feedback", str(row["id"])), who, moment, props)
