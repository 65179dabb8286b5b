"""The nightly run's pull of files: `{"connector": "files", "account"}` in, the same with `done` out.
What a shop lays into the stack's bucket under `files/<account>/` is what `folder` is at home. What
a page brought is stored with its cursor, so that the next call goes on behind it."""

import os
from pathlib import Path
from typing import Any

from functions.stack.clients import client
from functions.stack.store import clock, desk, opened, source
from functions.stack.times import OutOfTime, watch
from personalization.errors import Stop
from personalization.pull import pull_source

PLACE = "files/"
PAGE = 10_000
"""Rows that are stored at a time where the settings say nothing: few enough that a page is done
before a function's life ends."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Pulls from one prefix until its end, or for as long as there is time."""
    account = event["account"]
    folder = desk() / PLACE / account
    bring(client("s3"), os.environ["BUCKET"], f"{PLACE}{account}/", folder)
    one = source("files", account, {"page": PAGE}, {"folder": str(folder)})
    try:
        pull_source(opened(), one, clock(), watch(context), look=True)
    except OutOfTime:
        return {**event, "done": False}
    return {**event, "done": True}


def bring(s3: Any, bucket: str, prefix: str, folder: Path) -> None:
    """Makes a folder hold the objects of a prefix, each as old as its object: what a contact's row
    says counts from then, where the row names no moment. Raises Stop where there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    found = set()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for one in page.get("Contents", ()):
            name = one["Key"].removeprefix(prefix)
            if name and "/" not in name:
                found.add(name)
                fetch(s3, bucket, one, folder / name)
    if not found:
        raise Stop(f"there is nothing under {prefix} of the stack's bucket: lay the files there, "
                   "or take the source out of the settings")  # fmt: skip
    for file in folder.iterdir():
        if file.name not in found:
            file.unlink()


def fetch(s3: Any, bucket: str, listed: dict[str, Any], file: Path) -> None:
    """Writes an object as a file, unless that is there from an earlier call."""
    changed = int(listed["LastModified"].timestamp())
    if file.exists():
        known = file.stat()
        if (known.st_size, int(known.st_mtime)) == (listed["Size"], changed):
            return
    s3.download_file(bucket, listed["Key"], str(file))
    os.utime(file, (changed, changed))
