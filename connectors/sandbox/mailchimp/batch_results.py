"""The archive of a finished job: a tar.gz of JSON files in no order, each a list of results."""

import gzip
import io
import json
import tarfile

from connectors.sandbox.failures import fraction
from connectors.sandbox.mailchimp.state import Batch

RESULTS_PER_FILE = 500
URL_SECONDS = 600
"""The address of an archive stops working ten minutes after it was given."""


def packed(batch: Batch, seed: int) -> bytes:
    """The archive. A result's `response` is the answer's JSON in a string."""
    shuffled = sorted(
        enumerate(batch.operations), key=lambda pair: fraction(seed, batch.id, pair[0])
    )
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        folder = tarfile.TarInfo("./")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for start in range(0, len(shuffled), RESULTS_PER_FILE):
            results = [
                {
                    "status_code": operation.status_code,
                    "operation_id": operation.operation_id,
                    "response": operation.response,
                }
                for _, operation in shuffled[start : start + RESULTS_PER_FILE]
            ]
            content = json.dumps(results).encode()
            name = f"./{int(fraction(seed, batch.id, 'file', start) * 16**13):013x}.json"
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), compresslevel=1, mtime=0)


def fetched(batches: dict[str, Batch], name: str, now: int) -> bytes | None:
    """The archive behind an address's last part; None where it is wrong or too old."""
    batch_id, _, given = name.removesuffix(".tar.gz").rpartition("-")
    batch = batches.get(batch_id)
    if batch is None or batch.archive is None or not given.isdigit():
        return None
    return batch.archive if now // 10**6 - int(given) <= URL_SECONDS else None
