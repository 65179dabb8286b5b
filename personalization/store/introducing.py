"""Who many contacts are, in one read: the texts that decisions share are read once for all."""

import sqlite3
from collections.abc import Collection

from personalization.store.aliases import aliases_of, cluster, root
from personalization.store.decisions import known_words, spelled
from personalization.store.protocol import Introduced


def introduced(connection: sqlite3.Connection, contacts: Collection[str]) -> dict[str, Introduced]:
    """Aliases and decisions of contacts, or of those that they have merged into."""
    words, found = known_words(connection), dict[str, Introduced]()
    for contact in contacts:
        home = root(connection, contact)
        found[contact] = Introduced(
            aliases=tuple(aliases_of(connection, home)),
            decisions=tuple(spelled(connection, cluster(connection, home), None, words)),
        )
    return found
