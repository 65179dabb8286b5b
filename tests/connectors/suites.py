"""What the suites over every connector share: stages, permits, and what was brought."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from personalization.connector import Started
from personalization.consent import Standing, permit
from personalization.models import OutboxRow
from tests.connectors.told import events_of

HERE = Path(__file__).parent


def stage_of(name):
    """The module of a connector's stage."""
    path = HERE / "stages" / f"stage_{name}.py"
    assert path.exists(), (
        f"connector {name} has no {path.name}; docs/connectors.md says what is in it"
    )
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def brought(pages):
    """Everything that pages bring, as a set of what is distinct in it."""
    return {
        one
        for page in pages
        for one in (
            *((record.alias, record.changed_at) for record in page.records),
            *((event.key, event.occurred_at) for event in events_of(page)),
            *(product.id for product in page.products),
        )
    }


def permits(kind, news, records, **more):
    """A permit for each new value and record, rows numbered from 1."""
    made = []
    for number, (new, record) in enumerate(zip(news, records, strict=True), 1):
        row = OutboxRow(id=number, plan="p", destination="d", account="main", contact="c",
                        kind=kind, old={}, new=new, key=f"key {number}", **more)  # fmt: skip
        consent = {"d/main email marketing": "in"}
        standing = Standing(status=record.status if record else "gone", consent=consent,
                            outside_id=record.outside_id if record else None,
                            email=record.email if record else None)  # fmt: skip
        made.append(permit(row, standing))
    return made


def written(destination, given):
    """The result of each row; each row must have exactly one."""
    told = [one for one in destination.write(given) if not isinstance(one, Started)]
    assert sorted(one.row for one in told) == [one.row.id for one in given]
    return {one.row: one.result for one in told}
