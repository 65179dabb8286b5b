"""Single e-mails, one call each: the one that the settings name for the send's trigger. A marketing
e-mail goes by version 4, one whose legal basis is transactional by version 3.

HubSpot makes a contact of an address that has none. So the address is read by record id a few
seconds before (`A_LOOK` contacts at a time) and whoever is not there is refused; what happens in
these seconds is not in our hands, and docs/vendors/hubspot.md says so.
"""

from collections.abc import Iterable, Iterator

from connectors.shared.hubspot_api import Api, Refused
from connectors.shared.hubspot_names import send_id
from connectors.shared.hubspot_sends import key_of, marketing, properties
from personalization.connector import Outcome
from personalization.consent import Permit

A_LOOK = 10
V4 = "/marketing/v4/email"
SENT = frozenset({"SENT", "QUEUED", "IDEMPOTENT_IGNORE"})
"""The last: a send with this id has happened before."""
PASSING = frozenset({"THROTTLED", "INTERNAL_ERROR", "EMAIL_UNCONFIRMED_RETRY"})


def write_emails(
    api: Api, account: str, permits: Iterable[tuple[Permit, str, int]], done: set[str],
    patience: float,
) -> Iterator[Outcome]:  # fmt: skip
    """Sends to each address the e-mail of that id, then asks what became of each; the keys of what is known to be sent go into `done`.
    Who is on no list of HubSpot's is refused by it: its word is the reason."""
    under_way: list[tuple[Permit, str]] = []
    for one, address, email in permits:
        if not address:
            yield Outcome(row=one.row.id, result="refused", reason="no address")
            continue
        try:
            under_way.append((one, start(api, account, one, address, email)))
        except Refused as no:
            yield Outcome(row=one.row.id, result="refused", reason=no.said)
    waited, delay = 0.0, 0.5
    while under_way:
        left: list[tuple[Permit, str]] = []
        for one, reference in under_way:
            result = became(api, reference)
            if result is None:
                left.append((one, reference))
            else:
                yield judged(one, result, done)
        under_way = left
        if under_way and waited >= patience:
            # Sending again with the same id sends nothing twice and asks once more.
            yield from (Outcome(row=one.row.id, result="again", reason="still under way")
                        for one, _ in under_way)  # fmt: skip
            return
        if under_way:
            api.wire.sleep(delay)
            waited, delay = waited + delay, min(delay * 2, 8.0)


def start(api: Api, account: str, one: Permit, address: str, email: int) -> str:
    """One call; the reference of the send. HubSpot sends at most one e-mail per `sendId`."""
    body = {
        "emailId": email,
        "message": {"to": address, "sendId": send_id(account, key_of(one))},
        "customProperties": properties(one),
    }
    if marketing(one):
        return str(api.raw("POST", f"{V4}/single-send", body).get("statusId") or "")
    return str(api.call(api.single.send_email, body).get("statusId") or "")


def became(api: Api, reference: str) -> str | None:
    """The result of a send; None while it is under way."""
    try:
        answer = api.raw("GET", f"{V4}/send-statuses/{reference}") if reference else {}
    except Refused:
        answer = {}
    if answer.get("status") in {"PENDING", "PROCESSING"}:
        return None
    return str(answer.get("sendResult") or "INTERNAL_ERROR")


def judged(one: Permit, result: str, done: set[str]) -> Outcome:
    """A result as an outcome."""
    if result in SENT:
        done.add(key_of(one))
        return Outcome(row=one.row.id, result="accepted")
    again = result in PASSING
    reason = result.lower().replace("_", " ")
    return Outcome(row=one.row.id, result="again" if again else "refused", reason=reason)
