"""Who was sent which campaign, and what they did with it.

A recipient of a sent campaign is an event of kind `sent` with the campaign's id, dated when the
campaign went out: the report tells no moment of each (with Timewarp it was up to a day later).
Bounces got nothing and are no exposure. Opens and clicks come from email-activity, which can be
asked for what is new, 500 recipients a page: a thousand end in time-outs. Opens that a mail
program makes by itself are among them; nothing tells them apart.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from connectors.shared.mailchimp_api import Api, every
from connectors.shared.mailchimp_walks import PAGE, ask
from connectors.shared.moments import seconds
from connectors.shared.pulling import Piece, State, States
from connectors.shared.webhook import Json, first_moment, id_at, moment_at, rows_at, text_at
from connectors.shared.webhook_events import Place, fact, mail_alias
from personalization.errors import Skip
from personalization.models import DAY, SECOND, Event, Micros

WALK = "campaigns"
ACTIVITY_PAGE = 500
ACTS = ("open", "click")


def walk(api: Api, days: int, overlap: int, states: States) -> Iterator[Piece]:
    """Recipients once, activity as long as a campaign is among those of the last `days` before the
    newest. The state tells of each how many recipients were read and up to when activity was."""
    state: State = dict(states.get(WALK, {}))
    newest = max((int(one["at"]) for one in state.values()), default=0)
    since = {"since_send_time": seconds(newest - days * DAY)} if newest else {}
    wanted = ["campaigns.id", "campaigns.send_time", "campaigns.emails_sent", "total_items"]
    found = every(
        api, "campaigns", api.client.campaigns.list, list_id=api.audience, status="sent",
        sort_field="send_time", sort_dir="ASC", fields=wanted, **since,
    )  # fmt: skip
    recent = {str(row["id"]) for row in found}
    state = {id: one for id, one in state.items() if id in recent}
    for row in found:
        at = moment_at(row, "send_time")
        if at is not None:
            sent = int(row.get("emails_sent") or 0)
            for piece in of_campaign(api, str(row["id"]), at, sent, overlap, state):
                state = piece.state
                yield piece


def of_campaign(
    api: Api, id: str, at: Micros, sent: int, overlap: int, state: State
) -> Iterator[Piece]:
    """One campaign's recipients that were not read, and its new activity."""
    mine = {"at": at, "read": 0, "since": 0, **state.get(id, {})}
    own = {"campaign": id, "sent_at": seconds(at)}
    while mine["read"] < sent:
        rows, total = ask(
            api, "sent_to", api.client.reports.get_campaign_recipients, id, offset=mine["read"],
            fields=["sent_to.email_id", "sent_to.email_address", "sent_to.status", "total_items"],
        )  # fmt: skip
        read = mine["read"] + len(rows)
        # Who was deleted since is sent to and not listed: at the end, all have been read.
        mine = {**mine, "read": sent if len(rows) < PAGE or read >= total else read}
        yield Piece(WALK, [{**row, **own} for row in rows], {**state, id: mine}, total)
    yield from of_activity(api, id, overlap, {**state, id: mine})


def of_activity(api: Api, id: str, overlap: int, state: State) -> Iterator[Piece]:
    """New activity of one campaign. How far it was read is kept with its last page: pages do not
    come in the order of their moments."""
    begin = int(state[id]["since"])
    since = {"since": seconds(begin - (1 + overlap) * SECOND)} if begin else {}
    furthest, offset = begin, 0
    while True:
        rows, total = ask(
            api, "emails", api.client.reports.get_email_activity_for_campaign, id, offset=offset,
            count=ACTIVITY_PAGE, fields=["emails.email_id", "emails.email_address",
                                         "emails.activity", "total_items"], **since,
        )  # fmt: skip
        offset += len(rows)
        furthest = max([furthest, *moments(rows)])
        last = not rows or offset >= total
        if last:
            state = {**state, id: {**state[id], "since": furthest}}
        did: list[Json] = [{**row, "campaign": id} for row in rows if row.get("activity")]
        if did or last:
            yield Piece(WALK, did, state, total)
        if last:
            return


def moments(rows: list[dict[str, Any]]) -> list[Micros]:
    """When everything in a page was done."""
    found = [moment_at(act, "timestamp") for row in rows for act in rows_at(row, "activity")]
    return [moment for moment in found if moment is not None]


def events(place: Place, row: Json) -> list[Event]:
    """A recipient's exposure, or what a recipient did. Raises Skip for one without an address."""
    who = mail_alias(text_at(row, "email_address"))
    if who is None:
        raise Skip("email_address is missing")
    campaign, person = id_at(row, "campaign"), id_at(row, "email_id")
    props: dict[str, Any] = {"campaign": campaign, "channel": "email"}
    if "sent_at" in row:
        if text_at(row, "status") != "sent":
            return []
        own = ("sent", campaign, person)
        return [fact(place, "sent", own, who, first_moment(row, "sent_at"), props)]
    found: dict[str, Event] = {}
    for act in rows_at(row, "activity"):
        kind, at, url = text_at(act, "action"), moment_at(act, "timestamp"), text_at(act, "url")
        if kind in ACTS and at is not None:
            mark = blake2b((url or "").encode(), digest_size=6).hexdigest()
            one = fact(place, str(kind), (str(kind), campaign, person, str(at // SECOND), mark), who,
                       at, {**props, "page": url})  # fmt: skip
            found[one.key] = one
    return list(found.values())
