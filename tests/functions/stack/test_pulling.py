"""A pull that a webhook asked for, in a function that may live only so long."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.stack.pulling import DONE, HANDED, pull_again
from functions.stack.times import OutOfTime
from personalization.connector import Page
from personalization.models import HOUR
from tests.plan.corner import NOW, opened

WISH = "wish"


def few(pages: Iterator[Page]) -> Iterator[Page]:
    """The same records, three a page."""
    for page in pages:
        for begin in range(0, len(page.records), 3):
            yield page.model_copy(update={"records": page.records[begin : begin + 3]})


def test_a_pull_that_is_ended_between_pages_forgets_nobody_of_those_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as corner:
        store, outlet = corner.store, corner.shop(NOW).destination()
        monkeypatch.setattr(type(store), "records_at_once", 1)
        monkeypatch.setattr(outlet, "pull", lambda cursor, real=outlet.pull: few(real(cursor)))
        seen: list[Page] = []

        def in_time(page: Page) -> None:
            seen.append(page)
            if len(seen) == 2:
                raise OutOfTime("the function ends")

        with store.record(NOW) as recorder:
            recorder.setting(WISH, HANDED)
        with pytest.raises(OutOfTime):
            pull_again(store, outlet, WISH, NOW, in_time)
        assert 0 < len(store.due(NOW, 100)) < 10
        assert store.setting(WISH) == HANDED
        pull_again(store, outlet, WISH, NOW + HOUR, lambda *_: None)
        assert len({contact for _, contact, _, _ in store.due(NOW + HOUR, 100)}) == 10
        assert store.setting(WISH) == DONE
