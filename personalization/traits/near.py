"""Whether a point lies near a place, in integers: no trigonometry where rows are compared.

On a sphere of radius 6,371,008.8 m (the mean radius of IUGG) a micro-degree of latitude is
111,195 micrometres. One of longitude is that times the cosine of the latitude; the cosine is
taken at the place, so a circle comes out right to a few per cent at a radius of 100 km and far
better within a town.
"""

import math

from personalization.playbook.model import Place

DEGREE = 1_000_000
MICROMETRES = 111_195
UNIT = 1 << 20
COSINE = tuple(round(math.cos(math.radians(degree)) * UNIT) for degree in range(91))
"""cos(d degrees) * 2**20 for d = 0 to 90."""
DECIMETRE = 100_000


def cosine(latitude: int) -> int:
    """cos * 2**20 of a latitude in micro-degrees, straight between whole degrees."""
    degree, rest = divmod(min(abs(latitude), 90 * DEGREE), DEGREE)
    following = COSINE[min(degree + 1, 90)]
    return COSINE[degree] + (following - COSINE[degree]) * rest // DEGREE


def within(latitude: str, longitude: str, place: Place) -> str:
    """SQL for "the point is at most `place.metres` away"; NULL where the point is unknown.
    Decimetres, squared: at most 8 * 10**16, which a BIGINT holds."""
    scale = MICROMETRES * cosine(place.latitude) // UNIT
    north = f"(ABS(({latitude}) - ({place.latitude})) * {MICROMETRES} // {DECIMETRE})"
    apart = f"ABS(({longitude}) - ({place.longitude}))"
    east = f"(LEAST({apart}, {360 * DEGREE} - {apart}) * {scale} // {DECIMETRE})"
    radius = place.metres * 10
    return f"{north} * {north} + {east} * {east} <= {radius * radius}"
