"""Objects in the bucket: long texts that no item takes, the log's base, and what is written ahead.

    body/<contact or table>/<hash>      a long text of one row
    ahead/<contact>/<hash>              changes that are agreed and not all done
    events/<name>.parquet               the log's base

Names hold no address. The bucket keeps versions, so what has to be gone is removed in all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from personalization.models import SECOND, Micros


@dataclass
class Objects:
    """A bucket, or a part of one (`prefix`, ending in a slash or empty)."""

    client: Any
    bucket: str
    prefix: str = ""

    def put(self, name: str, body: bytes) -> None:
        """Writes an object."""
        self.client.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=body)

    def get(self, name: str) -> bytes:
        """An object's bytes."""
        found = self.client.get_object(Bucket=self.bucket, Key=self.prefix + name)
        return bytes(found["Body"].read())

    def upload(self, name: str, path: Path) -> None:
        """Writes a file as an object, in parts if it is large."""
        self.client.upload_file(str(path), self.bucket, self.prefix + name)

    def download(self, name: str, path: Path) -> None:
        """Writes an object as a file, there whole or not at all."""
        part = path.with_name(path.name + ".part")
        self.client.download_file(self.bucket, self.prefix + name, str(part))
        part.replace(path)

    def names(self, begins: str) -> Iterator[str]:
        """The objects whose names begin so."""
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix + begins):
            for one in page.get("Contents", ()):
                yield one["Key"].removeprefix(self.prefix)

    def dated(self, begins: str) -> Iterator[tuple[str, Micros]]:
        """The objects whose names begin so, and when each was written."""
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix + begins):
            for one in page.get("Contents", ()):
                yield one["Key"].removeprefix(self.prefix), micros(one["LastModified"])

    def remove_before(self, name: str, moment: Micros) -> None:
        """Deletes the versions of an object that were written before a moment."""
        wanted = self.prefix + name
        pages = self.client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self.bucket, Prefix=wanted):
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if one["Key"] == wanted and micros(one["LastModified"]) < moment:
                    self.client.delete_object(
                        Bucket=self.bucket, Key=one["Key"], VersionId=one["VersionId"]
                    )

    def remove(self, name: str) -> None:
        """Deletes every version of an object."""
        self.remove_all(name, alone=True)

    def remove_all(self, begins: str, alone: bool = False) -> None:
        """Deletes every version of all objects whose names begin so, or of that one `alone`."""
        pages = self.client.get_paginator("list_object_versions")
        wanted = self.prefix + begins
        for page in pages.paginate(Bucket=self.bucket, Prefix=wanted):
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if one["Key"] == wanted or not alone:
                    self.client.delete_object(
                        Bucket=self.bucket, Key=one["Key"], VersionId=one["VersionId"]
                    )


def micros(at: datetime) -> Micros:
    """A moment of S3's, which tells whole seconds, in UTC microseconds."""
    return int(at.timestamp()) * SECOND
