"""A grocer's real purchases for `e2e.py`: some of 2,469 households and the last days of what
they did (the data that `make demo` uses, `functions/demo/data.py`), moved by whole weeks to now."""

import os
from pathlib import Path
from time import time
from typing import Any

import duckdb
from e2e_stack import Stack

from connectors.sandbox.server import Running
from functions.demo.data import NOW, write_export
from functions.demo.folder import audience

DAYS = int(os.environ.get("E2E_DAYS", "2"))
"""How much of the year is taken. The emulator stores some hundred events a second; a year of them
would take it an hour and show nothing more."""
HOUSEHOLDS = int(os.environ.get("E2E_HOUSEHOLDS", "250"))
"""How many households are taken, always the same ones: the emulator spends a fifth of a second on each
from the file to the audience. 2469 takes all of them, and ten minutes."""
WEEK = 7 * 86_400
KEPT = {
    "events": "SELECT * REPLACE (occurred_at + {moved} AS occurred_at) FROM {all} "
              "WHERE occurred_at > {since}",
    "lines": "FROM {all} WHERE key IN (SELECT key FROM {events})",
    "products": "FROM {all} WHERE id IN (SELECT product FROM {lines})",
    "contacts": "SELECT * REPLACE (updated_at + {moved} AS updated_at) FROM {all}",
}  # fmt: skip
"""What is taken of each file."""


def exported(whole: Path, into: Path) -> int:
    """Writes the shop's files; returns how many events there are."""
    write_export(whole, households=HOUSEHOLDS)
    into.mkdir(parents=True)
    weeks = int((time() - NOW / 1_000_000) // WEEK)
    said = {"moved": f"INTERVAL {weeks * 7} DAY", "events": scan(into, "events"),
            "lines": scan(into, "lines"),
            "since": f"make_timestamp({NOW}) - INTERVAL {DAYS} DAY"}  # fmt: skip
    with duckdb.connect() as connection:
        for name, query in KEPT.items():
            kept = query.format(**said, all=scan(whole, name))
            connection.execute(f"COPY ({kept}) TO '{into}/{name}.parquet'")
        ((count,),) = connection.execute(f"SELECT count(*) FROM {scan(into, 'events')}").fetchall()
    return int(count)


def scan(folder: Path, name: str) -> str:
    """A file as a table."""
    return f"read_parquet('{folder}/{name}.parquet')"


def members(export: Path, sandbox: Running, since: str) -> int:
    """Fills the audience with the households; returns how many may be written to."""
    known = [{"email": email, "status": status, "timestamp": since}
             for email, status in audience(export).items() if status != "absent"]  # fmt: skip
    sandbox.control("members", members=known)
    return sum(1 for one in known if one["status"] in ("subscribed", "transactional"))


def laid(stack: Stack, export: Path) -> None:
    """What a shop's own program does every evening: lays its files into the stack's bucket."""
    for file in sorted(export.iterdir()):
        stack.client("s3").upload_file(str(file), stack.outputs["Bucket"],
                                       f"files/main/{file.name}")  # fmt: skip


def shown(sandbox: Running) -> dict[str, Any]:
    """What the marketer sees of everybody: values and tags, by address."""
    (listed,) = sandbox.world.account.audiences.values()
    tags = {one.id: one.name for one in listed.segments.values()}
    return {one.email_address: [one.merge_fields, sorted(tags[tag] for tag in one.tags)]
            for one in listed.members.values()}  # fmt: skip
