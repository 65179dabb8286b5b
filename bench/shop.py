"""The seeded shop that `make bench` plans for, as SQL over ranges and hashes: any number of
contacts and events in minutes, the same ones every time."""

from personalization.models import DAY

NOW = 20_415 * DAY + 10 * 3_600_000_000
"""The moment of the first plan."""
PRODUCTS = 50_000
CATEGORIES = 300
CITIES = 500
MOST_EVENTS = 3_000
KINDS = (
    ("visit", 0.20), ("view", 0.15), ("order", 0.40), ("cart", 0.08), ("open", 0.10),
    ("click", 0.05), ("feedback", 0.015), ("refund", 0.005),
)  # fmt: skip


def drawn(salt: str, *of: str) -> str:
    """SQL for an even number in [0, 1) that a row always draws again."""
    # Hashed twice: the engine's hash of several values is too simple a mix of theirs.
    return f"(hash(hash({', '.join((*of, repr(salt)))})) % 4294967296 / 4294967296.0)"


def people(contacts: int, events: int) -> str:
    """SELECT of n, id, events: how many events each contact has is lognormal (sigma 1)."""
    normal = (f"sqrt(-2 * ln(1 - {drawn('a', 'n')})) * cos(2 * pi() * {drawn('b', 'n')})")  # fmt: skip
    mean = events / contacts
    return (
        "SELECT range AS n, md5('contact ' || range) AS id, least("
        f"CAST(floor({mean} * exp({normal} - 0.5) + {drawn('c', 'n')}) AS BIGINT), "
        f"{MOST_EVENTS}) AS events FROM (SELECT range, range AS n FROM range({contacts}))"
    )


def contacts() -> str:
    """SELECT of `people` as the store's contact rows, and the address."""
    zone = ("CASE n % 8 WHEN 0 THEN 'America/New_York' WHEN 1 THEN 'Europe/London' "
            "WHEN 2 THEN NULL ELSE 'Europe/Amsterdam' END")  # fmt: skip
    return (
        f"SELECT n, id, 'shopper' || n || '@example.com' AS email, "
        '\'{"age":\' || 18 + n % 60 || \',"tier":"\' || '
        f"CASE WHEN {drawn('t', 'n')} < 0.1 THEN 'gold' ELSE 'plain' END || '\"}}' AS attributes, "
        '\'{"mailchimp/main email marketing":"in"}\' AS consent, '
        f"{zone} AS zone FROM people ORDER BY id"
    )


def kind() -> str:
    """SQL for an event's kind."""
    cases, upto = [], 0.0
    for name, share in KINDS:
        upto += share
        cases.append(f"WHEN u < {upto} THEN '{name}'")
    return f"CASE {' '.join(cases)} ELSE 'visit' END"


def line(j: str) -> str:
    """One line of an order. Products are Zipf-like, and half of what a contact buys is from a
    shelf of a dozen that they buy again and again."""
    place = f"CAST(floor({drawn('s', 'n', 'k', j)} * 24) AS BIGINT)"
    which = f"CASE WHEN {place} < 12 THEN hash(n, {place}, 'own') ELSE hash(n, k, {j}, 'any') END"
    product = f"CAST(floor(pow({PRODUCTS}, ({which}) % 4294967296 / 4294967296.0)) AS BIGINT) - 1"
    return (f"{{'product': 'p' || lpad(CAST({product} AS VARCHAR), 5, '0'), 'quantity': "
            f"CAST(1 + hash(n, k, {j}, 'q') % 3 AS BIGINT), 'amount': "
            f"CAST(150 + hash(n, k, {j}, 'm') % 6000 AS BIGINT), "
            "'category': CAST(NULL AS VARCHAR)}")  # fmt: skip


def events(least: str, below: str) -> str:
    """SELECT of the events of the contacts in a range of ids, as the store's Parquet holds them:
    typed columns, the canonical properties as JSON, and a content hash."""
    rows = (
        f"SELECT n, id, k, {drawn('k', 'n', 'k')} AS u FROM (SELECT n, id, UNNEST(range(events)) "
        f"AS k FROM people WHERE id >= '{least}' AND id < '{below}')"
    )
    orders = (
        f"SELECT *, {kind()} AS kind, {NOW} - CAST(730 * {DAY} * "
        f"pow({drawn('w', 'n', 'k')}, 1.5) AS BIGINT) AS moment FROM ({rows})"
    )
    filled = (
        f"SELECT *, CASE WHEN kind = 'order' THEN [{line('j')} FOR j IN "
        "range(1 + CAST(hash(n, k, 'lines') % 3 AS BIGINT))] END AS lines, "
        "CASE WHEN kind = 'refund' THEN CAST(100 + hash(n, k, 'r') % 5000 AS BIGINT) END AS back "
        f"FROM ({orders})"
    )
    typed = (
        f"SELECT *, COALESCE(list_sum([l.amount FOR l IN lines])::BIGINT, back) AS amount, "
        "CASE WHEN kind = 'feedback' THEN CAST(1 + hash(n, k, 'f') % 5 AS BIGINT) END AS rating, "
        f"CASE WHEN kind = 'visit' THEN 'city ' || CAST(floor(pow({CITIES}, "
        f"{drawn('v', 'n', 'k % 3')})) - 1 AS BIGINT) END AS city, "
        "CASE WHEN kind = 'order' THEN CASE WHEN hash(n, k, 'ch') % 3 = 0 THEN 'shop' "
        "ELSE 'web' END END AS channel, "
        "CASE WHEN kind = 'order' THEN 'o' || n || '-' || k "
        "WHEN kind = 'refund' THEN 'o' || n || '-' || k // 2 END AS \"order\", "
        "CASE WHEN amount IS NOT NULL THEN 'EUR' END AS currency, "
        "CASE WHEN kind IN ('view', 'visit') THEN '/p/' || hash(n, k, 'pg') % 5000 END AS page "
        f"FROM ({filled})"
    )
    nothing = {name: f'CAST(NULL AS BIGINT) AS "{name}"'
               for name in ("latitude", "longitude", "offset")}  # fmt: skip
    return (
        "SELECT 'shop/main/' || kind || '/' || n || '-' || k AS key, kind, "
        "'email:shopper' || n || '@example.com' AS alias, id AS contact, moment AS occurred_at, "
        f'moment AS recorded_at, amount, currency, "order", rating, city, page, channel, '
        f"{', '.join(nothing.values())}, lines, "
        "CAST(to_json({'amount': amount, 'channel': channel, 'city': city, 'currency': currency, "
        "'lines': lines, 'order': \"order\", 'page': page, 'rating': rating}) AS VARCHAR) AS props, "
        f"CAST(hash(n, k) >> 2 AS BIGINT) AS hash FROM ({typed})"
    )
