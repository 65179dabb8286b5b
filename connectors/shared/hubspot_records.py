"""A contact of HubSpot as a record."""

from collections.abc import Iterator, Mapping, Sequence

from connectors.shared.hubspot_names import zone
from connectors.shared.hubspot_walk import CHANGED, Row, moment
from connectors.shared.moments import micros
from connectors.shared.ours import field_name
from personalization.alias import outside_alias
from personalization.models import LINK, Event, Frozen, Micros, Record, Status

MARKETING = "marketing"
OUT = "hs_email_optout"
BOUNCED = ("hs_email_bad_address", "hs_email_quarantined")
BOUNCE_REASON = "hs_email_hard_bounce_reason_enum"
MERGED = "hs_merged_object_ids"
ZONE, LANGUAGE = "hs_timezone", "hs_language"
ATTRIBUTES = ("firstname", "lastname", "city", "state", "country", "lifecyclestage")


class Said(Frozen):
    """What a contact has said for one purpose: "in", "out", or "" for nothing; and when, if that
    is told."""

    state: str
    at: Micros | None = None


class Reading(Frozen):
    """What is read of each contact. `consent` is the subscription type of each purpose, `opted_in`
    the list of those who agreed to marketing, `fields` the properties that we made."""

    account: str
    consent: Mapping[str, int] = {}
    opted_in: str | None = None
    attributes: tuple[str, ...] = ATTRIBUTES
    fields: tuple[str, ...] = ()

    def asked(self) -> dict[str, int]:
        """The types whose choices are asked for: marketing's is not where a list tells."""
        return {
            purpose: id
            for purpose, id in self.consent.items()
            if purpose != MARKETING or self.opted_in is None
        }

    def outs(self) -> tuple[str, ...]:
        """The properties that say who has opted out."""
        return (OUT, *(f"{OUT}_{id}" for id in self.consent.values()))

    def wanted(self) -> list[str]:
        """All properties that are read."""
        names = ("email", CHANGED, "createdate", *self.outs(), *BOUNCED, BOUNCE_REASON, MERGED,
                 ZONE, LANGUAGE, *self.attributes, *self.fields)  # fmt: skip
        return list(dict.fromkeys(names))

    def alias(self, id: str) -> str:
        """The alias of a record."""
        return outside_alias("hubspot", self.account, id)


def record(reading: Reading, row: Row, tags: Sequence[str] | None, agreed: str | None) -> Record:
    """A contact as a record. `tags` None where nobody asked; `agreed` is what they said to
    marketing."""
    values: Mapping[str, str | None] = row.get("properties") or {}
    id = str(row["id"])
    return Record(
        alias=reading.alias(id),
        outside_id=id,
        email=(values.get("email") or "").strip() or None,
        status=status(reading, values, agreed),
        values={field_name(name): str(values.get(name) or "") for name in reading.fields},
        tags=None if tags is None else tuple(sorted(tags)),
        attributes={name: values.get(name) or None for name in reading.attributes}
        | {"language": values.get(LANGUAGE) or None},
        zone=zone(values.get(ZONE)),
        language=values.get(LANGUAGE) or None,
        changed_at=moment(row),
    )


def left(reading: Reading, values: Mapping[str, str | None], purpose: str = MARKETING) -> bool:
    """Whether a contact's properties say that they left everything, or this purpose."""
    names = (OUT, f"{OUT}_{reading.consent.get(purpose)}")
    return any(values.get(name) == "true" for name in names)


def status(reading: Reading, values: Mapping[str, str | None], agreed: str | None) -> Status:
    """How a contact stands to marketing e-mail. Who said nothing can be written, but not sent to;
    nor who has no address."""
    if agreed == "out" or left(reading, values):
        return "unsubscribed"
    if values.get(BOUNCE_REASON) or any(values.get(name) == "true" for name in BOUNCED):
        return "cleaned"
    return "subscribed" if agreed == "in" and values.get("email") else "transactional"


def gone(reading: Reading, id: str, at: int) -> Record:
    """A contact who is not there any more. Being deleted is no opt-out: they may be there again
    under another id."""
    return Record(
        alias=reading.alias(id), outside_id=id, email=None, status="gone", values={}, changed_at=at
    )


def merges(reading: Reading, row: Row) -> Iterator[tuple[Event, Record]]:
    """The contacts that were merged into this one: each is the same person, and gone."""
    values = row.get("properties") or {}
    id = str(row["id"])
    for other in str(values.get(MERGED) or "").split(";"):
        # A merge of before 2025 keeps an id, and some portals write "id:moment".
        old = other.partition(":")[0].strip()
        if old and old != id:
            told = Event(
                key=f"{reading.alias(id)}|{LINK}|{old}", kind=LINK, alias=reading.alias(id),
                occurred_at=micros(row["createdAt"]), props={"other": reading.alias(old)},
            )  # fmt: skip
            yield told, gone(reading, old, moment(row))
