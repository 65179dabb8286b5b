"""Decay weights as exact integers: a table instead of floating point, the same everywhere."""

from decimal import Decimal, localcontext
from functools import lru_cache

from personalization.models import DAY, Micros

UNIT = 20
"""A weight of 1 is 2**20."""

_BITS = 256


@lru_cache(maxsize=64)
def weights(half_life: Micros) -> tuple[int, ...]:
    """W[d] = round(2**20 * 2**(-d days / half_life)) for whole days d = 0, 1, ... as long as it
    is not 0. Worked out with 256 bits, so that no rounding of the steps can show."""
    with localcontext() as context:
        context.prec = 100
        step = int(Decimal(2) ** (Decimal(-DAY) / Decimal(half_life)) * (1 << _BITS))
    table = []
    exact = 1 << _BITS
    while (weight := (exact + (1 << (_BITS - UNIT - 1))) >> (_BITS - UNIT)) > 0:
        table.append(weight)
        exact = (exact * step) >> _BITS
    return tuple(table)
