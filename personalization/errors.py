"""Errors, grouped by what the reader does next.

    ProductError
    ├── Retry   try the same thing again later; nothing was lost
    ├── Skip    this one row cannot be processed: it is set aside with its reason
    └── Stop    a person has to act first; the message says what
        └── TokenRefused    by giving a key that the other side takes

A message names the place (file, row, call) and the remedy, never a person: contacts appear as
their id, which is a keyed hash.
"""


class ProductError(Exception):
    """Base of every error that the product raises on purpose."""


class Retry(ProductError):
    """Try again. `after` is the number of seconds that the other side asked for, if it did."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Skip(ProductError):
    """One row is set aside; the work goes on."""


class Stop(ProductError):
    """The work ends here until a person has acted on the message."""


class TokenRefused(Stop):
    """The other side does not take our key or token, or it may not do what is asked."""
