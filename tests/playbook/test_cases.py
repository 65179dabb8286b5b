"""A playbook's own tests: read as written, and what differs is shown at its line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from personalization.models import DAY
from personalization.playbook import cases
from personalization.playbook.load import load

EXAMPLE = load(Path(__file__).parent / "example")
REGULAR = EXAMPLE.cases[0]
RIGHT: dict[str, Any] = {
    "segments": {"regulars", "locals", "big_spenders", "everyone"},
    "stage": "regulars",
    "messages": {"hero": "thanks"},
    "fields": {"HEADLINE": "Thank you, Berlin", "SPENT": "€645.00 in red wine"},
}


def answering(result: Mapping[str, Any]) -> cases.Decide:
    return lambda events, attributes, now: result


def test_a_case_gives_events_and_attributes_as_the_log_has_them() -> None:
    seen: list[Any] = []

    def decide(
        events: Sequence[Mapping[str, Any]], attributes: Mapping[str, Any], now: int
    ) -> Mapping[str, Any]:
        seen.extend([events, attributes, now])
        return RIGHT

    assert cases.run(REGULAR, EXAMPLE, decide) == []
    events, attributes, now = seen
    assert attributes == {"city": "Berlin", "birthday": "1980-02-03"}
    assert events[0]["occurred_at"] == now - 3 * DAY
    assert events[0]["props"] == {"amount": 4500, "currency": "EUR", "order": "o1"}
    assert events[1]["props"]["lines"] == [
        {"product": "p1", "quantity": 2, "amount": 60000, "category": "red wine"}
    ]
    assert events[3]["props"]["latitude"] == 52_500_000


def test_what_differs_is_shown_at_its_own_place() -> None:
    wrong = RIGHT | {"segments": {"regulars", "unhappy", "locals"}, "stage": None,
                     "messages": {"hero": None}, "fields": {"HEADLINE": "Hello"}}  # fmt: skip
    wrong["values"] = {"last_rating": "2"}
    found = cases.run(REGULAR, EXAMPLE, answering(wrong))
    told = [(one.file, one.line, one.message.partition(": ")[2]) for one in found]
    assert [(file, line, text.partition(": ")[0]) for file, line, text in told] == [
        ("tests.yaml", 10, "is not in big_spenders"),
        ("tests.yaml", 10, "is in unhappy"),
        ("tests.yaml", 11, "the stage is none, expected regulars"),
        ("tests.yaml", 12, "hero is None, expected 'thanks'"),
        ("tests.yaml", 14, "HEADLINE is 'Hello', expected 'Thank you, Berlin'"),
        ("tests.yaml", 15, "SPENT is None, expected '€645.00 in red wine'"),
    ]
    assert told[1][2].endswith(
        "last_rating <= 2 or last_nps <= 3, and last_rating is 2, last_nps is –"
    )
    assert found[0].text_of_line[found[0].column - 1 :].startswith("big_spenders")
