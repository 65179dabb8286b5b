"""What can be set about a portal: limits, tokens, and what is unverified about the real API."""

from dataclasses import dataclass, field


@dataclass
class Limits:
    """`time` is clock (the sandbox's own), real (this machine's monotonic time) or off."""

    window: int = 100
    search: int = 5
    daily: int = 250_000
    time: str = "clock"


@dataclass
class Settings:
    """What can be set otherwise; see `control` for each."""

    limits: Limits = field(default_factory=Limits)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    """Accepted tokens and their scopes; where there are none, any will do and has all."""
    search_lag: int = 0
    """Seconds until search finds what has changed."""
    most_search_page: int = 200
    """100 in older accounts."""
    same_value_moves: bool = False
    """Whether writing the value that is there moves the moment of the last change."""
    name_unknown_ids: bool = True
    """Whether a 207 names the ids that do not exist, or just leaves them out."""
    merge_keeps_id: bool = False
    """Whether the primary of a merge keeps its id, as before 2025."""
    most_membership_ids: int = 100_000
    """How many ids one call may put on a list (unverified)."""
    most_properties: int = 1_000
    """Properties that the portal may make for one type of object."""
    time_zone: str = "Europe/Berlin"
    tier: str = "STANDARD"
    send_polls: int = 1
    """How many looks at a send's status it takes until it has finished."""
