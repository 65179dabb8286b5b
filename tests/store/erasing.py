"""Erasing, for tests: what is said of people before and after, and where they are searched."""

import json
from pathlib import Path

import numpy as np

from personalization.models import Event
from personalization.store.columns import objects
from tests.store.histories import (
    NOW,
    ingest,
)


def said(key: str, alias: str, at: int, kind: str = "visit", **props: object) -> Event:
    return Event(key=key, kind=kind, alias=alias, occurred_at=at, props=props)


def opt_in(key: str, alias: str, at: int) -> Event:
    return said(key, alias, at, "consent", by="mailchimp/main", state="in")


def erase(store, alias: str) -> dict[str, int]:
    with store.record(NOW) as recorder:
        return dict(recorder.forget(store.contact_of(alias)))


def everywhere(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def crowd(store, size: int) -> None:
    """Many people whose rows share pages and files, taken in, compacted, and taken in again."""
    for half in range(2):
        ingest(store, *(
            said(f"{kind}{half}-{n}", f"email:person{n}@example.com", 5, kind,
                 set={"letter": f"person{n}@example.com"}, note="x" * (n % 50))
            for n in range(size) for kind in ("visit", "attributes")
        ))  # fmt: skip
        if half == 0:
            store.compact(NOW)
    contacts = sorted(store.contact_of(f"email:person{n}@example.com") for n in range(size))
    names = dict(zip(contacts, contacts, strict=True)) | {
        store.contact_of(f"email:person{n}@example.com"): f"person{n}@example.com"
        for n in range(size)
    }
    emails = [names[one] for one in contacts]
    with store.record(NOW) as recorder:
        recorder.shadows("mailchimp", "main", "pulled", {
            "contact": objects(contacts), "outside_id": objects(contacts),
            "email": objects(emails), "status": objects(["subscribed"] * size),
            "values": objects([json.dumps({"F": one}) for one in emails]),
            "tags": objects(["[]"] * size), "observed_at": np.full(size, 5),
        })  # fmt: skip
        recorder.plan("p", "ready", json.dumps(
            {"examples": [{"contact": c, "new": e} for c, e in zip(contacts, emails, strict=True)],
             "note": f"seen {emails[0]}"}))  # fmt: skip
        for one in emails:
            recorder.dead_letter(json.dumps({"email": one.upper()}), "odd")
