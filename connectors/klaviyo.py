"""Klaviyo as a destination: one account, by the API of revision 2026-07-15.

What is written is our own custom properties (PATCH by profile id), tags (static lists, a thousand ids
a call), events (sends, a thousand a call), lists, and tags of Klaviyo's that write down which
properties are ours. No call creates or subscribes anyone: nothing is imported, upserted or named by
address. What a real account alone can show is in docs/vendors/klaviyo.md, marked as unverified.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.shared import klaviyo_lists as lists
from connectors.shared import klaviyo_sends as sends
from connectors.shared import klaviyo_setup as setup
from connectors.shared import klaviyo_writes as writes
from connectors.shared.klaviyo_examine import examine
from connectors.shared.klaviyo_profiles import Reading
from connectors.shared.klaviyo_pull import A_PAGE, pull
from connectors.shared.klaviyo_settings import Settings, connected
from connectors.shared.ours import FIELD_NAME, property_name
from connectors.shared.outcomes import NOT_THERE
from connectors.shared.webhook import settings_of
from personalization.connector import (
    MARK,
    Cost,
    Finding,
    Limits,
    Outcome,
    Page,
    RemoteField,
    RemoteTag,
    Started,
)
from personalization.consent import Permit

PROFILES_A_MINUTE = 750
CALLS_A_MINUTE = 150
"""Steady limits of the calls that write: profiles, and lists and events."""


def destination(account: str, settings: Mapping[str, Any]) -> "Klaviyo":
    """The destination for one account. Calls nothing yet. Raises Stop for wrong settings."""
    return Klaviyo(account, settings_of(Settings, "klaviyo", account, settings))


class Klaviyo:
    """A `personalization.connector.Destination` over the profiles of one account. `unread` are ids
    that this process wrote, or did not find, and no pull has shown since."""

    name = "klaviyo"

    def __init__(self, account: str, settings: Settings) -> None:
        self.account = account
        self.settings = settings
        self.api = connected(account, settings)
        self.reading = Reading(account=account, attributes=settings.attributes)
        self.unread: set[str] = set()
        self.limits = Limits(
            fields=setup.WRITTEN_DOWN, field_name=FIELD_NAME, value_bytes=16_384,
            tag_chars=100 - len(MARK), writes_per_call=sends.A_CALL, tags_per_call=lists.A_CALL,
        )  # fmt: skip

    def examine(self) -> Iterator[Finding]:
        """What the account lacks; see `klaviyo_examine`."""
        return examine(self.api, self.settings)

    def pull(self, cursor: str | None) -> Iterator[Page]:
        """Profiles changed since the cursor, or all; see `klaviyo_pull`."""
        return pull(self.api, self.reading, cursor, self.settings.overlap, self.unread)

    def fields(self) -> list[RemoteField]:
        """Our fields; see `klaviyo_setup`."""
        return setup.fields(self.api)

    def tags(self) -> list[RemoteTag]:
        """Our lists; others are none of ours to read or write."""
        return lists.our_lists(self.api)

    def write(self, permits: Sequence[Permit]) -> Iterator[Started | Outcome]:
        """Carries out rows of one kind. Who is not there any more comes with the next pull."""
        ids = {one.row.id: one.outside_id for one in permits}
        for told in self.carry_out(permits):
            if told.reason == NOT_THERE:
                self.unread.add(ids[told.row])
            yield told

    def carry_out(self, permits: Sequence[Permit]) -> Iterator[Outcome]:
        """The outcome of each row."""
        kinds = {permit.row.kind for permit in permits}
        if len(kinds) > 1:
            raise ValueError("rows of one kind at a time")
        if "setup" in kinds:
            yield from setup.set_up(self.api, permits)
        elif "send" in kinds:
            yield from sends.send(self.api, permits, self.unread)
        elif kinds:
            self.unread.update(one.outside_id for one in permits)
            if "tags" in kinds:
                yield from lists.write_tags(self.api, permits, self.tags())
            else:
                yield from writes.write_fields(self.api, permits)

    def settle(self, reference: str) -> None:
        """Nothing to wait for: what is written is there when it is answered, and events that come
        late have ids that Klaviyo takes once."""

    def sent(self, permits: Sequence[Permit]) -> Mapping[int, bool | None]:
        """Whether each send happened, by looking for its event."""
        return {**sends.look_up(self.api, permits, self.settings.look_up)}

    def estimate(
        self, fields: int, tags: Mapping[str, tuple[int, int]], sends: int, setups: int
    ) -> Cost:
        """Calls and minutes, with the read-back: profiles by their change, each list asked for
        them; a send's are the look before and the look-up."""
        by_list = sum(calls(n, lists.A_CALL) for pair in tags.values() for n in pair)
        changed = max(fields, sum(sum(pair) for pair in tags.values()))
        other = by_list + calls(sends, 1_000) + setups
        read = calls(changed, A_PAGE) * (1 + len(tags)) + (1 if changed else 0)
        read += calls(sends, A_PAGE) + calls(sends, 1_000) + (1 if sends else 0) + setups
        minutes = fields / PROFILES_A_MINUTE + other / CALLS_A_MINUTE + read / PROFILES_A_MINUTE
        return Cost(writes=fields + other, reads=read, minutes=round(minutes, 1))

    def snippet(self, field: str, fallback: str) -> str:
        """The template tag that shows a property, and the fallback where there is none. Templates
        are Django's, whose texts stand between marks that they do not hold, or escape."""
        told = " ".join(fallback.split()).replace("\\", "\\\\")
        mark = "'" if "'" not in told else '"'
        told = told.replace(mark, f"\\{mark}")
        return f"{{{{ person|lookup:'{property_name(field)}'|default:{mark}{told}{mark} }}}}"

    def close(self) -> None:
        """Closes the kept connections."""
        self.api.wire.close()


def calls(count: int, size: int) -> int:
    """How many calls of at most that size."""
    return math.ceil(count / size)
