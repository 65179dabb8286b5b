"""What people and shops do on the floor, as plain tuples: hypothesis shrinks them, and a soak draws
them from a seed."""

import random
from typing import Any

from personalization.alias import outside_alias

PEOPLE = 3
ESP = ("subscribe", "unsubscribe", "clean", "archive", "erase", "edit", "move")
SHOP = ("import", "reimport", "in", "out", "cart", "echo")
FAILURES = (None, None, "unsubscribe", "silent", "lost_after", "500", "lost_before")
CALM = (None, None, "unsubscribe", "silent")
"""Failures after which the client does not have to wait."""

Act = tuple[Any, ...]


def addresses(person: int) -> tuple[str, str]:
    """The two mailboxes of a person, who may go from one to the other."""
    return f"person{person}@example.com", f"person{person}.new@example.com"


def shop_alias(person: int) -> str:
    """How the shop names a person. It ends in a letter that no number and no hash goes on with:
    in the bytes of a store one value stands right after another."""
    return outside_alias("shop", "main", f"customer-{person}z")


def marker(person: int, life: int) -> str:
    """A word that stands in the data of one life of a person and nowhere else."""
    return f"Town{person}life{life}e"


def drawn(chance: random.Random, people: int, calm: bool) -> list[Act]:
    """A random sequence from a seed, for soaks."""
    failures = CALM if calm else FAILURES
    acts: list[Act] = [("esp", n, person, "subscribe") for n in (0, 1) for person in range(people)
                       if chance.random() < 0.7]  # fmt: skip
    if chance.random() < 0.6:
        acts += [
            ("shop", person, chance.choice(("in", "cart", "cart"))) for person in range(people)
        ]
        acts += [("pull", 0), ("pull", 1)]
    for _ in range(chance.randint(4, 12)):
        person = chance.randrange(people)
        acts.append(chance.choice([
            ("esp", chance.choice((0, 0, 1)), person, chance.choice(ESP)),
            ("esp", chance.choice((0, 0, 1)), person, chance.choice(ESP)),
            ("shop", person, chance.choice(SHOP)),
            ("shop", person, chance.choice(("cart", "in"))),
            ("pull", chance.choice((0, 1))),
            ("make",), ("tick",),
            ("apply", chance.choice(failures), chance.randint(1, 4)),
            ("forget", person),
            ("wait", chance.choice((0.3, 2, 5_000, 90_000))),
            ("compact",),
        ]))  # fmt: skip
    return acts
