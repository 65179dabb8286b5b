"""What every webhook source has: settings with secrets, the order of the checks, and reading a
body that may hold anything.

Bodies are read with care: amounts stay exact (`Decimal`), and whatever is missing or of another
type than expected is None or a Skip, never a crash. Messages name the property, never its value.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, NoReturn

from pydantic import Field, ValidationError

from connectors.shared.signatures import Decode, fits, plain
from connectors.shared.texts import read
from personalization.connector import Received, Request, SetAside
from personalization.currency import digits
from personalization.errors import Skip, Stop
from personalization.models import SECOND, Frozen, Micros

Json = Mapping[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_DIGITS = 15
"""Of an amount before its point: beyond, it is no money, and beyond 18 no 64-bit number."""

MOST_SECONDS = 10**11
"""Of a unix time stamp: beyond, it counts milliseconds and was meant otherwise."""


class Limited(Frozen):
    """`most_bytes` is the largest body that is taken."""

    most_bytes: int = Field(default=4_000_000, ge=1)


class Signed(Limited):
    """`old_secret` is valid beside `secret` while the secrets are changed."""

    secret: str = Field(min_length=1, repr=False)
    old_secret: str | None = Field(default=None, min_length=1, repr=False)

    def secrets(self, decode: Decode = plain) -> list[bytes]:
        """All that are valid now."""
        return [decode(one) for one in (self.secret, self.old_secret) if one]


@dataclass
class Hook:
    """A `personalization.connector.Webhook` made of two functions. A sender that tries an address
    by GET before it uses it has GET among `methods`. `secret_url`: the address proves who calls,
    so it is kept nowhere."""

    name: str
    account: str
    most_bytes: int
    check: Callable[[Request], None]
    read: Callable[[Request], Received]
    methods: frozenset[str] = frozenset({"POST"})
    secret_url: bool = False

    def verify(self, request: Request) -> None:
        """The size before anything else, then the signature. Raises Refused."""
        fits(request, self.most_bytes)
        self.check(request)

    def parse(self, request: Request) -> Received:
        """What a verified call says. Raises Skip."""
        try:
            return self.read(request)
        except RecursionError:
            raise Skip("the body is nested too deep") from None


def settings_of[S: Frozen](model: type[S], name: str, account: str, given: Mapping[str, Any]) -> S:
    """Settings, checked. Raises Stop, naming what is wrong and no value."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        parts = error.errors(include_input=False, include_url=False)
        raise wrong_settings(f"{name}/{account}", ", ".join(sorted({
            wrong(str((*part["loc"], "secret")[0]), part["type"], model) for part in parts
        }))) from None  # fmt: skip


def wrong(name: str, problem: str, model: type[Frozen]) -> str:
    """A setting that is wrong, and the one that may be meant where there is none of the name."""
    if problem != "extra_forbidden":
        return name
    meant = get_close_matches(name, model.model_fields, n=1)
    return f"{name} (not known; {meant[0]}?)" if meant else f"{name} (not known)"


def wrong_settings(place: str, names: str) -> Stop:
    """What is said of settings that are missing or wrong, by their names."""
    return Stop(f"{place}: these settings are missing or wrong: {names}")


def not_json(_: str) -> NoReturn:
    """NaN and infinities, which Python would read and JSON does not have."""
    raise ValueError


def json_of(request: Request) -> Any:
    """The body. Raises Skip where it is no JSON."""
    try:
        return read(request.body, parse_float=Decimal, parse_constant=not_json)
    except (ValueError, RecursionError, InvalidOperation):
        raise Skip("the body is not JSON") from None


def object_of(value: Any, name: str = "the body") -> Json:
    """A JSON object. Raises Skip for anything else."""
    if not isinstance(value, dict):
        raise Skip(f"{name} is not an object")
    return value


def at(value: Any, *path: str) -> Any:
    """What lies at a path of names, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(value: Any, *path: str) -> str | None:
    """A text, or a whole number as text; None for anything else, and for an empty text."""
    found = at(value, *path)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return (whole(found).strip() or None) if isinstance(found, str) else None


def whole(text: str) -> str:
    """A text that UTF-8 can hold: half a surrogate pair becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def id_at(value: Any, *path: str) -> str:
    """A text that must be there. Raises Skip."""
    found = text_at(value, *path)
    if found is None:
        raise Skip(f"{'.'.join(path)} is missing")
    return found


def rows_at(value: Any, *path: str) -> list[Json]:
    """The objects of a list; empty for anything else."""
    found = at(value, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def decimal_at(value: Any, *path: str) -> Decimal | None:
    """A number, however it is written; None where there is none or it is too large to be meant."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | Decimal):
        return None
    try:
        made = Decimal(found)
    except (InvalidOperation, ValueError):
        return None
    return made if made.is_finite() and made.adjusted() < MOST_DIGITS else None


def minor_units(amount: Decimal, currency: str | None) -> int:
    """An amount in minor units. More digits than the currency has come from somebody's floating
    point (0.30000000000000004) and are rounded, half to even."""
    places = digits(currency)
    tiny = amount.adjusted() < -MOST_DIGITS
    return 0 if tiny else int(amount.scaleb(places).quantize(Decimal(1), ROUND_HALF_EVEN))


def money_at(value: Any, currency: str | None, *path: str) -> int | None:
    """An amount as people write it, in minor units; None where there is none, or where nobody
    knows of what currency it is."""
    amount = decimal_at(value, *path)
    return None if amount is None or currency is None else minor_units(amount, currency)


def count_at(value: Any, *path: str) -> int | None:
    """A whole number; a fraction is cut off."""
    amount = decimal_at(value, *path)
    return None if amount is None else int(amount)


def currency_at(value: Any, *path: str) -> str | None:
    """A currency's three letters, upper case."""
    found = text_at(value, *path)
    fine = found is not None and len(found) == 3 and found.isascii() and found.isalpha()
    return found.upper() if found and fine else None


def moment_at(value: Any, *path: str) -> Micros | None:
    """A moment from ISO 8601 (without an offset it is UTC) or from a number of unix seconds."""
    found = at(value, *path)
    if isinstance(found, int | Decimal) and not isinstance(found, bool):
        amount = decimal_at(value, *path)
        return int(amount * SECOND) if amount is not None and 0 <= amount < MOST_SECONDS else None
    if not isinstance(found, str):
        return None
    try:
        when = datetime.fromisoformat(found.strip())
        aware = when if when.tzinfo else when.replace(tzinfo=UTC)
        return (aware - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None


def first_moment(value: Any, *names: str) -> Micros:
    """The first of some properties that is a moment. Raises Skip where none is."""
    for name in names:
        if (moment := moment_at(value, name)) is not None:
            return moment
    raise Skip(f"{' or '.join(names)} is missing or no moment")


def plain_value(value: Any) -> Any:
    """A JSON value without Decimals, as events carry it: whole numbers stay whole."""
    if isinstance(value, Decimal):
        whole = abs(value) < 10**MOST_DIGITS and value == value.to_integral_value()
        return int(value) if whole else float(value)
    if isinstance(value, dict):
        return {str(name): plain_value(one) for name, one in value.items()}
    return [plain_value(one) for one in value] if isinstance(value, list) else value


def put_aside(place: str, value: Any, reason: Skip) -> SetAside:
    """A part of a call that could not be taken, beside others that were."""
    return SetAside(place=place, reason=str(reason), body=json.dumps(plain_value(value)))
