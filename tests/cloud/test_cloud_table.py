"""The table as data, what its keys say, and who is at work where."""

import json

import pytest

from functions.cloud import table as keys
from functions.cloud.clients import Clash
from personalization.models import Event
from personalization.store.leases import CONTACTS, Busy
from tests.store.histories import ALIASES, NOW, decide, ingest

pytest.importorskip("moto")


@pytest.fixture
def pair(tmp_path):
    """Two processes at one table, and the clock that both go by."""
    from tests.cloud.shelves import opened, table

    over, now = table(), [NOW]
    with (opened(tmp_path / "one", "key", over, clock=lambda: now[0]) as one,
          opened(tmp_path / "two", "key", over, clock=lambda: now[0]) as two):  # fmt: skip
        yield one, two, now


def test_the_table_is_recoverable_encrypted_and_never_forgets_by_itself():
    said = keys.definition("shop", key="alias/shop")
    assert said["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35}  # fmt: skip
    assert said["SSESpecification"]["KMSMasterKeyId"] == "alias/shop"
    assert said["DeletionProtectionEnabled"]
    assert "TimeToLiveSpecification" not in said
    named = {one["AttributeName"] for one in said["AttributeDefinitions"]}
    used = {one["AttributeName"] for schema in
            (said["KeySchema"], *(one["KeySchema"] for one in said["GlobalSecondaryIndexes"]))
            for one in schema}  # fmt: skip
    assert named == used
    assert keys.BUCKET["VersioningConfiguration"]["Status"] == "Enabled"


def test_no_key_of_the_table_names_anybody(pair):
    one, _, _ = pair
    ingest(one, *(Event(key=f"met {alias}", kind="visit", alias=alias, occurred_at=1)
                  for alias in ALIASES))  # fmt: skip
    decide(one, ALIASES[0], 0)
    pages = one._dynamo.client.get_paginator("scan").paginate(TableName=one._dynamo.name)
    found = json.dumps([[item.get(name) for name in ("PK", "SK", "OP", "OS", "EP")]
                        for page in pages for item in page["Items"]])  # fmt: skip
    assert len(found) > 1_000
    assert not any(text in found for text in ("@", "shop/main", "met "))


def test_one_at_a_time_until_the_block_ends_or_its_time_is_over(pair):
    one, two, _ = pair
    with one.alone(CONTACTS, "`ofone tick`"), one.alone(CONTACTS, "again"):
        with pytest.raises(Busy, match="`ofone tick` is at work on the contacts"), \
                two.alone(CONTACTS, "other"):  # fmt: skip
            pass
        with two.alone("mailchimp/main", "other"):
            pass
    with two.alone(CONTACTS, "other"):
        pass


def test_a_holder_that_slept_through_its_end_writes_nothing_any_more(pair):
    one, two, now = pair

    def sleeps() -> None:
        with one.alone(CONTACTS, "slow"):
            now[0] += 10**9
            with two.alone(CONTACTS, "next"):
                pass
            ingest(one, Event(key="k", kind="visit", alias=ALIASES[0], occurred_at=1))

    with pytest.raises(Clash):
        sleeps()
    assert two.contact_of(ALIASES[0]) is None
