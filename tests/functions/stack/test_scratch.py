"""What a command leaves on a person's machine: nothing, however it ends."""

import os
import tempfile
from pathlib import Path

from functions.stack.describing import ahead
from functions.stack.scratch import LOCK, scratch
from personalization.models import MINUTE


def test_what_a_killed_command_has_left_goes_with_the_next_and_one_at_work_stays(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch() as working:
        (working / "contacts.sqlite").write_text("somebody")
        left = Path(tempfile.mkdtemp(prefix="ofone-stack-"))
        (left / LOCK).touch()
        for folder in (working, left):
            os.utime(folder / LOCK, (0, 0))
        with scratch():
            assert working.exists()
            assert not left.exists()
        assert working.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_the_accounts_clock_counts_where_this_machines_is_off() -> None:
    said = {"ResponseMetadata": {"HTTPHeaders": {"date": "Thu, 01 Jan 1970 00:10:00 GMT"}}}
    assert ahead(said, 0) == 10 * MINUTE
    assert ahead(said, 10 * MINUTE + 900_000) == 0
    assert ahead({}, 0) == 0
