"""What the demo's data lacks, made up: towns and time zones, consent, visits to a web shop, views,
carts, opens and clicks, ratings. Everything of this file carries `simulated: true`.

Nothing is drawn from a stream of random numbers: each fact hangs on a hash of what it is about, so
it stays the same whatever else is made, and in any order.
"""

NOTE = (
    "Simulated: town, time zone and consent of each household; visits, views, carts, opens, clicks "
    "and ratings. Real: purchases, products, prices, campaigns, coupons, demographics."
)
"""One sentence for every screen that shows the demo's data."""

# A number below `range` that depends on the text alone.
DRAW = "CREATE MACRO draw(text, range) AS CAST(md5_number('demo ' || text) % range AS BIGINT)"

# Town, time zone, place in micro-degrees, and which hundredths of the stores are there. The shop's
# clock is New York's, so most are in its zone.
TOWNS = """
CREATE TABLE town AS SELECT * FROM (VALUES
    ('Columbus', 'America/New_York', 39961000, -82999000, 0, 35),
    ('Dayton', 'America/New_York', 39759000, -84192000, 35, 60),
    ('Louisville', 'America/Kentucky/Louisville', 38253000, -85759000, 60, 75),
    ('Nashville', 'America/Chicago', 36163000, -86782000, 75, 88),
    ('Memphis', 'America/Chicago', 35150000, -90049000, 88, 95),
    ('Denver', 'America/Denver', 39739000, -104990000, 95, 100)
) AS t (city, zone, latitude, longitude, low, high)
"""

# Nine in ten have opted in, six in a hundred opted out, the others never said.
HOMES = """
CREATE TABLE home AS
SELECT h.id, h.email, h.store, t.city, t.zone, t.latitude, t.longitude,
    CASE WHEN draw('consent ' || h.id, 100) < 90 THEN 'in'
         WHEN draw('consent ' || h.id, 100) < 96 THEN 'out' END AS consent
FROM household AS h JOIN town AS t
    ON draw('store ' || h.store, 100) >= t.low AND draw('store ' || h.store, 100) < t.high
"""

# Before one order in five people looked at the web shop, up to a day and a bit earlier.
PLANNING = """
CREATE TABLE planning AS
SELECT household, basket, lines,
    moment - to_seconds(3600 + draw('ahead ' || basket, 100000)) AS moment,
    draw('cart ' || basket, 100) < 30 AS fills
FROM basket WHERE draw('visit ' || basket, 5) = 0
"""

# In one week of eight people only look around; one in three of these fills a cart and leaves it.
BROWSING = """
CREATE TABLE browsing AS
WITH liked AS (
    SELECT household, list(product ORDER BY times DESC, product)[:12] AS products
    FROM (
        SELECT household, line.product AS product, count(*) AS times
        FROM (SELECT household, unnest(lines) AS line FROM basket) GROUP BY ALL
    ) GROUP BY household
)
SELECT household, week, household || ' ' || week AS id,
    TIMESTAMP '2017-01-01 14:00:00' + to_days(CAST(week * 7 AS INTEGER))
        + to_seconds(draw('when ' || household || ' ' || week, 590000)) AS moment,
    products[1 + draw('what ' || household || ' ' || week, len(products))] AS product,
    draw('leaves ' || household || ' ' || week, 3) = 0 AS fills
FROM liked CROSS JOIN range(52) AS weeks (week)
WHERE draw('browse ' || household || ' ' || week, 8) = 0
"""

# One order in twenty-five is rated, one to three days later. One household in eight is hard to
# please.
RATINGS = """
CREATE TABLE rating AS
SELECT household, basket, moment + to_seconds(86400 + draw('later ' || basket, 172800)) AS moment,
    CASE WHEN draw('mood ' || household, 8) = 0
         THEN [1, 2, 2, 3, 4][1 + draw('stars ' || basket, 5)]
         ELSE [2, 3, 4, 4, 4, 5, 5, 5, 5, 5][1 + draw('stars ' || basket, 10)] END AS rating
FROM basket WHERE draw('rates ' || basket, 25) = 0
"""

# A third of the mailings are opened within two days, and a third of those clicked.
READING = """
CREATE TABLE reading AS
SELECT household, campaign,
    moment + to_seconds(600 + draw('opens at ' || household || ' ' || campaign, 172800)) AS moment,
    draw('clicks ' || household || ' ' || campaign, 3) = 0 AS clicks
FROM mailing WHERE draw('opens ' || household || ' ' || campaign, 3) = 0
"""

STEPS = (
    ("a way to draw", DRAW),
    ("towns", TOWNS),
    ("homes", HOMES),
    ("visits before orders", PLANNING),
    ("browsing", BROWSING),
    ("ratings", RATINGS),
    ("opened mail", READING),
)
