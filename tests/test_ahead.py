"""Reading ahead changes when pages are made, and nothing else."""

from collections.abc import Iterator

import pytest

from personalization.ahead import ahead


def test_the_same_items_come_in_the_same_order() -> None:
    assert list(ahead(iter(range(1_000)))) == list(range(1_000))
    assert list(ahead(iter(()))) == []


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third page")

    reading = ahead(items())
    assert [next(reading), next(reading)] == [1, 2]
    with pytest.raises(ValueError, match="the third page"):
        next(reading)


def test_who_stops_early_has_one_item_made_ahead_and_the_source_closed() -> None:
    made: list[int] = []
    closed = []

    def items() -> Iterator[int]:
        try:
            for n in range(100):
                made.append(n)
                yield n
        finally:
            closed.append(True)

    reading = ahead(items())
    assert next(reading) == 0
    reading.close()
    assert made in ([0], [0, 1])
    assert closed == [True]
