"""What a mutant is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One wrong: `file` with `before` replaced by `after`; `why` says what it would do to people.
    `killed_by` is the test that passes without and fails with it."""

    name: str
    why: str
    file: str
    before: str
    after: str
    killed_by: str
