"""What is known of currencies: how many digits stand after the point, and how money is written.

Digits after ISO 4217; every currency not named here has two.
"""

from decimal import Decimal
from functools import cache

NO_DIGITS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
THREE_DIGITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


def digits(currency: str | None) -> int:
    """Digits after the point: 12345 minor units with 2 digits are 123.45."""
    if currency in NO_DIGITS:
        return 0
    return 3 if currency in THREE_DIGITS else 2


def minor(amount: Decimal, currency: str | None) -> int | None:
    """An amount as people write it, in minor units; None where it has too many digits."""
    scaled = amount.scaleb(digits(currency))
    whole = int(scaled)
    return whole if whole == scaled else None


@cache
def form(currency: str | None) -> tuple[int, int, str]:
    """Digits after the point, ten to their power, and what stands before an amount."""
    places = digits(currency)
    return places, 10**places, SYMBOLS.get(currency, f"{currency} ") if currency else ""


def written(amount: int, currency: str | None) -> str:
    """Minor units as text, the same in every language: a point, no grouping, and the sign of
    the currency before it, or its code and a space where the sign means several currencies."""
    places, scale, before = form(currency)
    whole, rest = divmod(abs(amount), scale)
    minus = "-" if amount < 0 else ""
    return f"{minus}{before}{whole}.{rest:0{places}d}" if places else f"{minus}{before}{whole}"
