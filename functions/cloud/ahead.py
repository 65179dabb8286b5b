"""Changes of one contact that are too many for one transaction, and are all or nothing still.

They are written ahead as an object; the transaction that puts the new head names that object, and
from then on they are agreed. Then they are done, part by part, each part on the condition that the
head still names the object; last, all heads let go of it at once. Whoever meets such a head first, the writer or after its death any
reader, does them before anything else: nobody ever sees a part.
"""

import json
from collections.abc import Sequence

from functions.cloud.clients import Clash
from functions.cloud.dynamo import MOST_WRITTEN, Dynamo, Item, Op
from functions.cloud.items import packed, unpacked
from functions.cloud.objects import Objects
from functions.cloud.rows import head_place
from personalization.hashing import digest


def write_ahead(objects: Objects, contacts: Sequence[str], ops: Sequence[Op]) -> str:
    """Writes changes of contacts ahead; returns the object's name."""
    body = json.dumps({"contacts": list(contacts), "ops": packed(ops)})
    name = f"ahead/{contacts[0]}/{digest(body)}"
    objects.put(name, body.encode())
    return name


def finish(dynamo: Dynamo, objects: Objects, contact: str, head: Item) -> None:
    """Does what a head says is agreed. Nothing to do where somebody else has done so."""
    name = str(head["ahead"])
    try:
        agreed = json.loads(objects.get(name))
    except Exception:
        found = dynamo.get([head_place(contact)]).get(head_place(contact), {})
        if found.get("ahead") != name:
            return
        raise
    named = Op("ConditionCheck", head_place(contact), None, "ahead = :a", values={":a": name})
    ended = [Op("Update", head_place(one), None, "ahead = :a", "REMOVE ahead", {":a": name})
             for one in agreed["contacts"]]  # fmt: skip
    try:
        for part in parts(unpacked(agreed["ops"]), MOST_WRITTEN - 1):
            dynamo.write([named, *part])
        dynamo.write(ended)
    except Clash:
        return
    objects.remove(name)


def parts(ops: Sequence[Op], most: int, room: int = 3_500_000) -> list[list[Op]]:
    """Operations in transactions of at most so many, and so many bytes."""
    found: list[list[Op]] = [[]]
    size = 0
    for one in ops:
        if found[-1] and (len(found[-1]) == most or size + one.size > room):
            found.append([])
            size = 0
        found[-1].append(one)
        size += one.size
    return [one for one in found if one]
