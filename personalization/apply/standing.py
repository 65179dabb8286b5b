"""The newest knowledge about a contact, as the consent rule wants it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from personalization.apply.assumed import assumed
from personalization.connector import Destination
from personalization.consent import Standing
from personalization.store.protocol import Scope, Store


@dataclass(frozen=True)
class Known:
    """A contact's standing and what the destination showed at the last pull."""

    standing: Standing
    values: Mapping[str, str]
    tags: frozenset[str]


NOBODY = Known(Standing("gone", None, None), {}, frozenset())


def known(
    store: Store, destination: Destination, contacts: Sequence[str], with_consent: bool
) -> dict[str, Known]:
    """What is known of some contacts; those without an entry are gone or erased. Consent is read
    from every destination's word, because the strictest wins."""
    ids = tuple(sorted(set(contacts)))
    if not ids:
        return {}
    shadow = store.shadows(destination.name, destination.account, Scope(ids=ids))
    shadow = assumed(destination, shadow, ids)
    consent = store.consent(ids)
    names = ("contact", "outside_id", "email", "status", "values", "tags")
    found = {}
    for contact, outside_id, email, status, values, tags in zip(
        *(shadow[name] for name in names), strict=True
    ):
        # No consent row means no contact: erased since the shadow was taken.
        erased = contact not in consent
        told = consent.get(contact, {}) if with_consent else {}
        standing = Standing(status, outside_id, email, erased=erased, consent=told)
        found[contact] = Known(standing, json.loads(values), frozenset(json.loads(tags)))
    return found
