"""The examples of docs/files.md are files that the source reads as the page says."""

import re
from pathlib import Path

from connectors import available, find
from tests.connectors.told import events_of

DOCS = Path(__file__).parents[2] / "docs"


def test_the_examples_are_read_without_a_row_set_aside(tmp_path):
    page = (DOCS / "files.md").read_text(encoding="utf-8")
    examples = dict(re.findall(r"```csv (\S+)\n(.*?)```", page, re.DOTALL))
    assert set(examples) == {"contacts.csv", "events.csv", "lines.csv", "products.csv"}
    for name, text in examples.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    pages = list(find("files").source("main", {"folder": tmp_path}).pull(None))
    assert [row for page in pages for row in page.set_aside] == []
    events = {event.key: event for page in pages for event in events_of(page)}
    order = events["files/main:o-1"]
    assert order.props["amount"] == 3140
    assert sum(line["amount"] for line in order.props["lines"]) == 3140
    assert events["files/main:f-1"].props == {"order": "o-1", "rating": 5}
    assert len([product for page in pages for product in page.products]) == 2


def test_every_connector_is_on_the_page():
    page = (DOCS / "connectors.md").read_text(encoding="utf-8")
    assert [name for name in available() if f"| `{name}` |" not in page] == []
