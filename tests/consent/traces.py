"""Whether anything of a person is left in a store's folder, by looking at the bytes of it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from tests.consent.acts import addresses, marker, shop_alias
from tests.consent.corner import member_aliases
from tests.consent.floor import Floor


def remains(floor: Floor) -> Iterator[str]:
    """Whatever names an erased person, or tells of a life that was erased."""
    found = list(texts(floor.folder / "store"))
    for person, life in floor.lives.items():
        words = [marker(person, n) for n in range(abs(life))]
        if life < 0:
            words += [
                *addresses(person),
                shop_alias(person),
                *member_aliases(floor.sandbox.world, person),
            ]
        for word in words:
            for name, body in found:
                if word.encode() in body:
                    yield f"{word} stands in {name}"
        if life < 0:
            for alias in (shop_alias(person), *member_aliases(floor.sandbox.world, person)):
                if floor.store.contact_of(alias):
                    yield f"{alias} is a contact again"


def texts(folder: Path) -> Iterable[tuple[str, bytes]]:
    """Every file's bytes; Parquet also unpacked, because it is compressed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()
        if path.suffix == ".parquet":
            rows = duckdb.connect().execute(f"SELECT * FROM read_parquet('{path}')").fetchall()
            yield f"{path.name} (unpacked)", repr(rows).encode()
