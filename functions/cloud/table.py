"""The table and the bucket as plain data: what `template.yaml` has to declare and tests compare.

One table holds everything that changes. Keys say where a row lies, and name nobody: whatever may
hold an address is hashed, because keys show in traces and in the cloud's own logs.

    PK                    SK                              what
    C#<bucket>            <contact>                       the head of a contact: version, checksum
    C#<bucket>            <contact>#<table>#<hash>        a row of that contact
    L#<bucket>            <contact>#<hash>                an event that Parquet holds too
    A#<hash of alias>     home                            whose an alias is, and its tombstones
    K#<hash of key>       home                            whose an event key is
    O#<plan>#<shard>      <state>#<id>                    which outbox rows a plan has
    N#<place>             <bucket>                        how many contacts are in a destination
    G#<table>             <number or hash>                rows of the small tables
    G#count               <table>                         the last number given out
    G#lease               <hash of place>                 who is at work there

A bucket is the first byte of a contact's id, so a range of buckets is read by one query each and
a contact by the beginning of its sort key. Without local indexes DynamoDB splits a partition key
that gets hot by its sort keys ("split for heat", Best practices for designing and using partition
keys); ids are hashes, so they split evenly.

Nothing expires by itself (no TTL): what goes is deleted by the code that knows why. Backups reach
back 35 days: an erased person is in them for at most so long. A restore makes a new table: before
anything reads it, `erasing.apply_tombstones` is run over it with the tombstones of the old one.
"""

from typing import Any

RECOVERY_DAYS = 35
"""How far point-in-time recovery reaches back, and so how long a backup keeps an erased person."""

SHARDS = 8
"""Parts of whatever is ordered by time over all contacts. A partition key takes 1,000 writes a
second; a plan of a million rows is written in about four minutes over eight."""

ORDERED, EXACT = "ordered", "exact"
"""The two indexes, both sparse and of keys only: rows are then read from the table itself, where a
read sees every write before it. `ordered` has due rows by moment and outbox rows by state;
`exact` finds an outbox row by its number."""

KEYS = {"PK": "HASH", "SK": "RANGE"}
INDEXES = {ORDERED: {"OP": "HASH", "OS": "RANGE"}, EXACT: {"EP": "HASH"}}


def definition(name: str, key: str | None = None) -> dict[str, Any]:
    """The table as CloudFormation's `AWS::DynamoDB::Table` properties; `key` is the stack's KMS
    key (default: the account's key for DynamoDB)."""
    attributes = sorted({one for keys in (KEYS, *INDEXES.values()) for one in keys})
    sse = {"SSEEnabled": True, "SSEType": "KMS", **({"KMSMasterKeyId": key} if key else {})}
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": one, "AttributeType": "S"} for one in attributes
        ],
        "KeySchema": schema(KEYS),
        "GlobalSecondaryIndexes": [
            {"IndexName": index, "KeySchema": schema(keys),
             "Projection": {"ProjectionType": "KEYS_ONLY"}}
            for index, keys in INDEXES.items()
        ],
        "SSESpecification": sse,
        "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": RECOVERY_DAYS},
        "DeletionProtectionEnabled": True,
    }  # fmt: skip


def schema(keys: dict[str, str]) -> list[dict[str, str]]:
    """Keys as DynamoDB's KeySchema."""
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()]


BUCKET: dict[str, Any] = {
    "VersioningConfiguration": {"Status": "Enabled"},
    "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True},
    "LifecycleConfiguration": {"Rules": [{
        "Id": "old versions", "Status": "Enabled", "Prefix": "",
        "NoncurrentVersionExpiration": {"NoncurrentDays": RECOVERY_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]},
}  # fmt: skip
"""The bucket as CloudFormation's `AWS::S3::Bucket` properties. Old versions outlive a mistake by as
long as the table's backups; erasure deletes every version of what it touches at once."""
