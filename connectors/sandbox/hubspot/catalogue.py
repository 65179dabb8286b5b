"""What a new portal has: object types with their own properties, one subscription type."""

from connectors.sandbox.hubspot.state import (
    MARKETING,
    Group,
    Portal,
    Property,
    SubscriptionType,
    Table,
)

_TYPES = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "tickets": "0-5",
    "products": "0-7",
    "line_items": "0-8",
    "feedback_submissions": "0-19",
    "notes": "0-46",
    "emails": "0-49",
    "orders": "0-123",
    "carts": "0-142",
}
_ONE = {"companies": "company"}
MARKETING_EMAIL, RECEIPT = 9001, 9002
"""The ids of the two published e-mails that a new portal has; the second is transactional."""
READ_ONLY = frozenset({"feedback_submissions"})

# name, type, field type; a "!" after the name marks a value that only HubSpot writes.
_COMMON = "hs_object_id! number number, hs_createdate! datetime date"
_PROPERTIES = {
    "contacts": "email string text, firstname string text, lastname string text, "
    "phone string phonenumber, city string text, country string text, company string text, "
    "zip string text, address string text, state string text, website string text, "
    "jobtitle string text, hs_language string text, hs_timezone string text, "
    "lifecyclestage string text, hs_lead_status string text, date_of_birth string text, "
    "hs_marketable_status string text, hs_object_source! string text, "
    "createdate! datetime date, lastmodifieddate! datetime date, "
    "hs_email_optout! bool booleancheckbox, hs_email_quarantined! bool booleancheckbox, "
    "hs_email_hard_bounce_reason_enum! string text, "
    "hs_email_last_open_date! datetime date, hs_email_last_click_date! datetime date, "
    "hs_email_open! number number, hs_email_click! number number, "
    "hs_email_delivered! number number, hs_analytics_last_visit_timestamp! datetime date, "
    "hs_analytics_num_page_views! number number, hs_analytics_last_url! string text, "
    "hs_merged_object_ids! string text",
    "deals": "dealname string text, amount number number, closedate datetime date, "
    "dealstage string text, pipeline string text, deal_currency_code string text, "
    "hs_is_closed! bool booleancheckbox, hs_is_closed_won! bool booleancheckbox, "
    "createdate! datetime date",
    "products": "name string text, price number number, hs_sku string text, "
    "description string textarea, hs_product_type string text, hs_url string text, "
    "hs_images string text, hs_cost_of_goods_sold number number, createdate! datetime date",
    "line_items": "name string text, price number number, quantity number number, "
    "amount number number, hs_product_id string text, hs_sku string text, "
    "createdate! datetime date",
    "orders": "hs_order_name string text, hs_external_order_id string text, "
    "hs_external_created_date datetime date, hs_processed_date datetime date, "
    "hs_total_price number number, hs_subtotal_price number number, hs_tax number number, "
    "hs_currency_code string text, hs_fulfillment_status string text, "
    "hs_external_order_status string text, hs_external_cancel_date datetime date, "
    "hs_refund_amount number number, hs_source_store string text, hs_payment_status string text, "
    "hs_pipeline string text, hs_pipeline_stage string text",
    "carts": "hs_cart_name string text, hs_external_cart_id string text, "
    "hs_external_status string text, hs_source_store string text, hs_total_price number number, "
    "hs_currency_code string text, hs_cart_url string text, hs_cart_discount number number, "
    "hs_tags string text",
    "feedback_submissions": "hs_survey_id number number, hs_survey_name string text, "
    "hs_survey_type string text, hs_submission_timestamp datetime date, hs_content string text, "
    "hs_value number number, hs_sentiment string text, hs_contact_id number number, "
    "hs_contact_email_rollup string text, hs_response_group string text",
    "companies": "name string text, domain string text, createdate! datetime date",
    "tickets": "subject string text, content string textarea, createdate! datetime date",
    "notes": "hs_timestamp datetime date, hs_note_body string text",
    "emails": "hs_timestamp datetime date, hs_email_subject string text, "
    "hs_email_direction string text, hs_email_status string text, hs_email_html string text, "
    "hs_email_text string text, hs_email_to_email string text",
}
_DEFAULTS = {
    "contacts": ("createdate", "email", "firstname", "lastmodifieddate", "lastname"),
    "deals": ("amount", "closedate", "createdate", "dealname", "dealstage", "pipeline"),
    "products": ("createdate", "description", "name", "price"),
}


def _table(name: str, type_id: str) -> Table:
    changed = "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"
    created = "createdate" if "createdate!" in _PROPERTIES[name] else "hs_createdate"
    defaults = {*_DEFAULTS.get(name, ()), created, changed, "hs_object_id"}
    group = "contactinformation" if name == "contacts" else f"{name}_information"
    table = Table(name, type_id, name in READ_ONLY, changed, tuple(sorted(defaults)))
    table.groups[group] = Group(group, "Information", own=True)
    text = f"{_PROPERTIES[name]}, {_COMMON}, {changed}! datetime date"
    for column in text.split(", "):
        label, kind, field_type = column.split()
        own = label.rstrip("!")
        table.properties[own] = Property(
            own, own, kind, field_type, group, own=True, read_only=label.endswith("!"),
            hasUniqueValue=(name, own) == ("contacts", "email"),
        )  # fmt: skip
    return table


def new_portal() -> Portal:
    """A portal as a new account finds it."""
    portal = Portal()
    portal.tables = {name: _table(name, type_id) for name, type_id in _TYPES.items()}
    text = "Offers and updates about our products"
    add_type(portal, SubscriptionType(MARKETING, "Marketing Information", text))
    portal.emails = {MARKETING_EMAIL: {"transactional": False}, RECEIPT: {"transactional": True}}
    return portal


def add_type(portal: Portal, kind: SubscriptionType) -> None:
    """Adds a subscription type, with the property that shows who has opted out of it."""
    portal.subscription_types[kind.id] = kind
    name = f"hs_email_optout_{kind.id}"
    portal.tables["contacts"].properties[name] = Property(
        name, name, "bool", "booleancheckbox", own=True, read_only=True
    )


def table_named(portal: Portal, name: str) -> Table | None:
    """The object type with that name: plural, singular or number."""
    wanted = name.lower()
    for table in portal.tables.values():
        one = _ONE.get(table.name, table.name.removesuffix("s"))
        if wanted in (table.name, one, table.type_id):
            return table
    return None
