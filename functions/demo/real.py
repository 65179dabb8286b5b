"""From the data's own tables to ours, in SQL. Nothing here is invented.

Times in the data are UTC: its quietest hour moves by one when daylight saving starts in New York.
"""

ZONE = "America/New_York"
CURRENCY = "USD"

# No e-mail offers these: they cannot be ordered, or they are not for every age or every eye.
UNFIT_DEPARTMENTS = """
'CNTRL/STORE SUP', 'COUPON', 'FUEL', 'MISCELLANEOUS', 'PHOTO & VIDEO', 'RESTAURANT', 'SALAD BAR',
'SPIRITS', 'TRAVEL & LEISURE'
"""
UNFIT_CATEGORIES = """
'ADULT INCONTINENCE', 'BEERS/ALES', 'BOTTLE DEPOSITS', 'CIGARETTES', 'CIGARS', 'CONTINUITIES',
'COUPON', 'COUPON/MISC ITEMS', 'COUPONS/STORE & MFG', 'DELI SUPPLIES', 'DIETARY AID PRODUCTS',
'DOMESTIC WINE', 'FAMILY PLANNING', 'FEMININE HYGIENE', 'FIREWORKS', 'IMPORTED WINE', 'LAXATIVES',
'LIQUOR', 'LONG DISTANCE CALLING CARDS', 'MEAT SUPPLIES', 'MISC WINE', 'NEWSPAPER', 'PHARMACY',
'PREPAID WIRELESS&ACCESSORIES', 'PROD SUPPLIES', 'SMOKING CESSATIONS', 'TICKETS', 'TOBACCO OTHER'
"""

NAMED = f"""
CREATE TABLE named AS
WITH sales AS (
    SELECT product_id, count(*) AS times, max(transaction_timestamp) AS last,
        quantile_disc(CAST(round(sales_value * 100 / nullif(quantity, 0)) AS BIGINT), 0.5)
            FILTER (WHERE quantity BETWEEN 1 AND 500 AND sales_value > 0) AS price
    FROM transactions GROUP BY product_id
),
known AS (
    SELECT p.product_id AS product, n.name, n.shelf AS category, nullif(s.price, 0) AS price,
        coalesce(s.last >= TIMESTAMP '2018-01-01' - INTERVAL 56 DAY, false)
            AND s.price > 0 AND n.category IS NOT NULL
            AND p.department NOT IN ({UNFIT_DEPARTMENTS})
            AND p.product_category NOT IN ({UNFIT_CATEGORIES}) AS in_stock,
        row_number() OVER (PARTITION BY n.name ORDER BY s.times DESC NULLS LAST, p.product_id) AS rank
    FROM products AS p LEFT JOIN sales AS s USING (product_id)
    JOIN names AS n ON n.department = p.department
        AND n.category IS NOT DISTINCT FROM p.product_category
        AND n.kind IS NOT DISTINCT FROM p.product_type
        AND n.size IS NOT DISTINCT FROM p.package_size
)
SELECT product, category, price, in_stock,
    CASE WHEN rank = 1 THEN name ELSE name || ' (no. ' || product || ')' END AS name
FROM known
"""
"""`named(product, category, price, in_stock, name)`. In stock: sold in the last eight weeks of the
year and fit for an e-mail. The price is the median of what was paid for one, in cents."""

HOUSEHOLDS = """
CREATE TABLE household AS
WITH visits AS (
    SELECT household_id AS id, store_id AS store, count(DISTINCT basket_id) AS times
    FROM transactions GROUP BY household_id, store_id
)
SELECT id, 'household' || id || '@example.com' AS email,
    arg_max(store, {'times': times, 'store': store}) AS store
FROM visits GROUP BY id
QUALIFY row_number() OVER (ORDER BY md5('household' || id)) <= wanted()
"""

# Fuel is counted in hundredths of a gallon, and a till's line without goods as zero: the first is
# one purchase here, the second is one where something was paid and none elsewhere.
BASKETS = """
CREATE TABLE basket AS
SELECT household_id AS household, basket_id AS basket, any_value(store_id) AS store,
    max(transaction_timestamp) AS moment,
    CAST(sum(CAST(round(sales_value * 100) AS BIGINT)) AS BIGINT) AS amount,
    list({
        'product': product_id,
        'quantity': CASE WHEN quantity > 500 THEN 1 ELSE greatest(quantity, 1) END,
        'amount': CAST(round(sales_value * 100) AS BIGINT)
    } ORDER BY product_id) AS lines
FROM transactions
WHERE household_id IN (SELECT id FROM household) AND (quantity > 0 OR sales_value > 0)
GROUP BY household_id, basket_id
"""

MAILINGS = """
CREATE TABLE mailing AS
SELECT household_id AS household, campaign_id AS campaign, campaign_type AS type,
    start_date + INTERVAL 15 HOUR AS moment
FROM campaigns JOIN campaign_descriptions USING (campaign_id)
WHERE household_id IN (SELECT id FROM household)
"""

# The data gives only the day of a redemption; noon in the shop stands for it.
REDEMPTIONS = """
CREATE TABLE redemption AS
SELECT household_id AS household, campaign_id AS campaign, coupon_upc AS coupon,
    redemption_date + INTERVAL 17 HOUR AS moment,
    row_number() OVER (PARTITION BY household_id, campaign_id, coupon_upc, redemption_date) AS nth
FROM coupon_redemptions WHERE household_id IN (SELECT id FROM household)
"""

STEPS = (
    ("households", HOUSEHOLDS),
    ("baskets", BASKETS),
    ("campaigns", MAILINGS),
    ("coupons", REDEMPTIONS),
)
