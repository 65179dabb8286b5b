"""A contact of HubSpot as a record."""

from collections.abc import Iterator, Mapping, Sequence

from connectors.shared.hubspot_names import field_name, zone
from connectors.shared.hubspot_walk import CHANGED, Row, micros, moment
from personalization.alias import outside_alias
from personalization.connector import RemoteField
from personalization.models import LINK, Event, Frozen, Record, Status

OUT = "hs_email_optout"
BOUNCED = ("hs_email_bad_address", "hs_email_quarantined")
BOUNCE_REASON = "hs_email_hard_bounce_reason_enum"
MERGED = "hs_merged_object_ids"
ZONE, LANGUAGE = "hs_timezone", "hs_language"
ATTRIBUTES = ("firstname", "lastname", "city", "state", "country", "lifecyclestage")


class Reading(Frozen):
    """What is read of each contact. `types` are the subscription types an opt-out of any of
    which is one of marketing; `fields` the properties that we made."""

    account: str
    types: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ATTRIBUTES
    fields: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, account: str, types: Sequence[str], attributes: Sequence[str],
        fields: Sequence[RemoteField],
    ) -> "Reading":  # fmt: skip
        """What is read, given the fields that are there."""
        ours = tuple(field.id for field in fields if field.ours)
        return cls(account=account, types=tuple(types), attributes=tuple(attributes), fields=ours)

    def outs(self) -> tuple[str, ...]:
        """The properties that say who has opted out."""
        return (OUT, *(f"{OUT}_{one}" for one in self.types))

    def wanted(self) -> list[str]:
        """All properties that are read."""
        names = ("email", CHANGED, "createdate", *self.outs(), *BOUNCED, BOUNCE_REASON, MERGED,
                 ZONE, LANGUAGE, *self.attributes, *self.fields)  # fmt: skip
        return list(dict.fromkeys(names))

    def alias(self, id: str) -> str:
        """The alias of a record."""
        return outside_alias("hubspot", self.account, id)


def record(reading: Reading, row: Row, tags: Sequence[str]) -> Record:
    """A contact as a record."""
    values: Mapping[str, str | None] = row.get("properties") or {}
    id = str(row["id"])
    return Record(
        alias=reading.alias(id),
        outside_id=id,
        email=(values.get("email") or "").strip() or None,
        status=status(reading, values),
        values={field_name(name): str(values.get(name) or "") for name in reading.fields},
        tags=tuple(sorted(tags)),
        attributes={name: values.get(name) or None for name in reading.attributes}
        | {"language": values.get(LANGUAGE) or None},
        zone=zone(values.get(ZONE)),
        language=values.get(LANGUAGE) or None,
        changed_at=moment(row),
    )


def status(reading: Reading, values: Mapping[str, str | None]) -> Status:
    """How a contact stands to marketing e-mail, as far as its properties say. Who has no address
    can be written, but not sent to."""
    if any(values.get(name) == "true" for name in reading.outs()):
        return "unsubscribed"
    if values.get(BOUNCE_REASON) or any(values.get(name) == "true" for name in BOUNCED):
        return "cleaned"
    return "subscribed" if values.get("email") else "transactional"


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
