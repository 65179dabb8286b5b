"""An apply played in the store: what a plan meant to write becomes what the destination shows,
and its rows are confirmed. The fields and tags that it needs are truly made in the sandbox."""

import json
from pathlib import Path

from bench import shop
from connectors.mailchimp import destination
from connectors.sandbox.world import LIST
from personalization.consent import Permit, Standing, permit
from personalization.hashing import canonical
from personalization.store.connection import connect, writing
from personalization.store.embedded import EmbeddedStore, open_store

KEY = "0123456789abcdef0123456789abcdef-us6"


def play_apply(folder: Path, plan: str, url: str) -> None:
    """Plays the apply of a plan of the store in a folder."""
    with open_store(folder) as store:
        set_up(store, plan, url)
        connection = connect(folder / "contacts.sqlite")
        connection.create_function("retagged", 2, retagged, deterministic=True)
        with writing(connection):
            for kind, column, told in (
                ("fields", '"values"', 'json_patch(shadow."values", o.new)'),
                ("tags", "tags", "retagged(shadow.tags, o.new)"),
            ):
                connection.execute(
                    f"UPDATE shadow SET {column} = {told} FROM outbox o WHERE o.plan = ? "
                    f"AND o.kind = '{kind}' AND o.place = shadow.place AND o.contact = shadow.contact", (plan,),
                )  # fmt: skip
            connection.execute("UPDATE outbox SET state = 'confirmed' WHERE plan = ?", (plan,))
            connection.execute("UPDATE plan SET state = 'applied' WHERE id = ?", (plan,))
        report = json.loads((store.plan(plan) or ("", "{}"))[1])
        with store.record(shop.NOW) as recorder:
            recorder.setting("applied mailchimp/main", report["playbook"])
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.close()


def set_up(store: EmbeddedStore, plan: str, url: str) -> None:
    """Makes the fields and tags."""
    goal = destination("main", {"list": LIST, "key": KEY, "url": f"{url}/3.0"})
    rows = store.outbox(plan=plan, kinds=("setup",))
    permits = [permit(row, Standing("gone", None, None)) for row in rows]
    for one in goal.write([one for one in permits if isinstance(one, Permit)]):
        assert getattr(one, "result", "accepted") == "accepted", one


def retagged(before: str, change: str) -> str:
    """Tags after a change {tag: whether it is carried}."""
    told = json.loads(change)
    kept = {one for one in json.loads(before) if told.get(one, True)}
    return canonical(sorted(kept | {one for one, on in told.items() if on}))
