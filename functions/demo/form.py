"""The canonical files form (docs/files.md), from the tables of `real.py` and `simulate.py`."""

CONTACTS = """
SELECT CAST(h.id AS VARCHAR) AS id, h.email, h.zone, 'en' AS language,
    TIMESTAMP '2016-11-01' AS updated_at, h.consent AS "consent.email.marketing", d.age, d.income, d.home_ownership, d.marital_status,
    d.household_size, d.kids_count, CAST(h.store AS VARCHAR) AS home_store, h.city
FROM home AS h LEFT JOIN demographics AS d ON d.household_id = h.id
ORDER BY h.id
"""

# Each kind of event with the same columns; a column that it lacks is NULL.
ORDERS = """
SELECT 'order-' || basket AS key, 'order' AS kind, household, moment, amount,
    CAST(basket AS VARCHAR) AS "order", CAST(store AS VARCHAR) AS store, lines
FROM basket
"""
CAMPAIGNS = """
SELECT 'campaign-' || campaign || '-' || household AS key, 'campaign' AS kind, household, moment,
    CAST(campaign AS VARCHAR) AS campaign, type
FROM mailing
"""
REDEEMED = """
SELECT concat_ws('-', 'redeem', campaign, coupon, household, epoch_us(moment), nth) AS key,
    'redeem' AS kind, household, moment, CAST(campaign AS VARCHAR) AS campaign,
    CAST(coupon AS VARCHAR) AS coupon
FROM redemption
"""
PLANNED = """
SELECT 'visit-' || basket AS key, 'visit' AS kind, household, moment, '/' AS page, NULL AS lines,
    true AS simulated
FROM planning
UNION ALL
SELECT 'view-' || basket, 'view', household, moment + INTERVAL 2 MINUTE, NULL,
    [{'product': lines[1].product, 'quantity': 1, 'amount': NULL}], true
FROM planning
UNION ALL
SELECT 'cart-' || basket, 'cart', household, moment + INTERVAL 5 MINUTE, NULL, lines[:3], true
FROM planning WHERE fills
"""
BROWSED = """
SELECT 'look-' || id AS key, 'visit' AS kind, household, moment, '/offers' AS page, NULL AS lines,
    true AS simulated
FROM browsing
UNION ALL
SELECT 'look-view-' || id, 'view', household, moment + INTERVAL 3 MINUTE, NULL,
    [{'product': product, 'quantity': 1, 'amount': NULL}], true
FROM browsing
UNION ALL
SELECT 'look-cart-' || id, 'cart', household, moment + INTERVAL 6 MINUTE, NULL,
    [{'product': product, 'quantity': 1, 'amount': NULL}], true
FROM browsing WHERE fills
"""
RATED = """
SELECT 'rating-' || basket AS key, 'feedback' AS kind, household, moment, rating,
    CAST(basket AS VARCHAR) AS "order", true AS simulated
FROM rating
"""
READ = """
SELECT 'open-' || campaign || '-' || household AS key, 'open' AS kind, household, moment,
    CAST(campaign AS VARCHAR) AS campaign, 'email' AS channel, true AS simulated
FROM reading
UNION ALL
SELECT 'click-' || campaign || '-' || household, 'click', household, moment + INTERVAL 1 MINUTE,
    CAST(campaign AS VARCHAR), 'email', true
FROM reading WHERE clicks
"""
KINDS = (ORDERS, CAMPAIGNS, REDEEMED, PLANNED, BROWSED, RATED, READ)

# The data ends on 2018-01-01; what would have happened after it has not happened.
HAPPENED = f"""
CREATE TABLE happened AS
SELECT * FROM ({" UNION ALL BY NAME ".join(f"({kind})" for kind in KINDS)})
WHERE moment < TIMESTAMP '2018-01-01 05:00:00'
"""

EVENTS = """
SELECT e.key, e.kind, CAST(h.id AS VARCHAR) AS id, e.moment AS occurred_at,
    e.amount AS amount_minor,
    CASE WHEN e.amount IS NOT NULL THEN 'USD' END AS currency, e."order", e.rating,
    CASE WHEN e.kind = 'visit' THEN h.city END AS city, e.page, e.channel,
    CASE WHEN e.kind = 'visit' THEN h.latitude / 1000000 END AS latitude,
    CASE WHEN e.kind = 'visit' THEN h.longitude / 1000000 END AS longitude,
    e.store, e.campaign, e.type, e.coupon, e.simulated
FROM happened AS e JOIN home AS h ON h.id = e.household
ORDER BY e.moment, e.key
"""
LINES = """
SELECT key, CAST(line.product AS VARCHAR) AS product, line.quantity,
    line.amount AS amount_minor
FROM (SELECT key, moment, unnest(lines) AS line FROM happened WHERE lines IS NOT NULL)
ORDER BY moment, key, line.product
"""
PRODUCTS = """
SELECT CAST(product AS VARCHAR) AS id, name, category, price AS price_minor, 'USD' AS currency,
    'https://shop.example.com/products/' || product AS url, in_stock
FROM named ORDER BY product
"""

STEPS = (("events", HAPPENED),)
FILES = {"contacts": CONTACTS, "events": EVENTS, "lines": LINES, "products": PRODUCTS}
