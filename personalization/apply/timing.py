"""A send is judged again at the moment of sending: it may have waited for a person's apply since
it was planned. Its own row says what is needed (`plan.sends.payload`)."""

from personalization.decide.quiet import quiet_until
from personalization.models import Micros, OutboxRow

TOO_LATE = "too late: longer ago than its trigger allows"


def moment_to_send(row: OutboxRow, now: Micros) -> Micros | None:
    """When a send may go: `now`, or the end of the quiet hours on the contact's clock; None where
    that is too late."""
    quiet, zone, until = (row.new.get(name) for name in ("quiet", "zone", "until"))
    moment = quiet_until((quiet[0], quiet[1]), now, str(zone)) if quiet else now
    return None if isinstance(until, int) and moment > until else moment
