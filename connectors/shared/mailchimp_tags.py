"""Tags written by the tag, not by the person: one call adds and removes up to 500 addresses."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched, zip_longest

from connectors.shared.http import Rejected
from connectors.shared.mailchimp_api import Api
from connectors.shared.outcomes import NOT_THERE, worst
from personalization.connector import Outcome, RemoteTag
from personalization.consent import Permit

A_CALL = 500


def write_tags(
    api: Api, permits: Sequence[Permit], known: Sequence[RemoteTag]
) -> Iterator[Outcome]:
    """Adds and removes tags, `new` being {tag: wanted}; one outcome a row, once its last tag is
    through: refused if any was refused, else again if any must be tried again."""
    ids = {tag.name: tag.id for tag in known}
    told: dict[int, list[Outcome]] = {permit.row.id: [] for permit in permits}
    for name in sorted({tag for permit in permits for tag in permit.row.new}):
        concerned = [permit for permit in permits if name in permit.row.new]
        for outcome in write_tag(api, name, ids.get(name), concerned):
            told[outcome.row].append(outcome)
    for row, outcomes in told.items():
        yield worst(row, outcomes)


def write_tag(
    api: Api, name: str, id: str | None, permits: Sequence[Permit]
) -> Iterator[Outcome]:  # fmt: skip
    """One tag for everyone concerned."""
    able = [permit for permit in permits if permit.email]
    for permit in permits:
        if not permit.email:
            yield Outcome(row=permit.row.id, result="refused", reason="no address to tag")
        elif id is None:
            # Nobody has a tag that is not there, so taking it away is done.
            wanted = bool(permit.row.new[name])
            yield (
                Outcome(row=permit.row.id, result="refused", reason=f"there is no tag {name}")
                if wanted else Outcome(row=permit.row.id, result="accepted")
            )  # fmt: skip
    if id is None:
        return
    adds = batched((one for one in able if one.row.new[name]), A_CALL, strict=False)
    removes = batched((one for one in able if not one.row.new[name]), A_CALL, strict=False)
    for add, remove in zip_longest(adds, removes, fillvalue=()):
        yield from call(api, name, id, add, remove)


def call(
    api: Api, name: str, id: str, add: Sequence[Permit], remove: Sequence[Permit]
) -> Iterator[Outcome]:
    """One call. Addresses that it does not know come back among its errors."""
    body: dict[str, list[str]] = {}
    if add:
        body["members_to_add"] = [str(one.email) for one in add]
    if remove:
        body["members_to_remove"] = [str(one.email) for one in remove]
    everyone = (*add, *remove)
    try:
        answer = api.call(api.lists.batch_segment_members, body, api.audience, id)
    except Rejected as no:
        reason = f"there is no tag {name}" if no.status == 404 else f"{no.status} {no.reason}"
        yield from (Outcome(row=one.row.id, result="refused", reason=reason) for one in everyone)
        return
    unknown = unknown_addresses(answer)
    for one in everyone:
        gone = str(one.email).lower() in unknown
        yield Outcome(
            row=one.row.id,
            result="refused" if gone else "accepted",
            reason=NOT_THERE if gone else None,
        )


def unknown_addresses(answer: Mapping[str, object]) -> set[str]:
    """The addresses that an answer names as errors, in lower case."""
    errors = answer.get("errors")
    return {
        str(address).lower()
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
        for address in error.get("email_addresses") or []
    }
