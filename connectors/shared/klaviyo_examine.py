"""What an account lacks: key, scopes, room for tags, clock. Reads only. Klaviyo does not tell what a
key may do, so each listing is asked for once; whether it may write shows with the first write."""

from collections.abc import Iterator

from connectors.shared.http import Rejected
from connectors.shared.klaviyo_api import Api, Lacking
from connectors.shared.klaviyo_settings import Settings
from connectors.shared.klaviyo_setup import WRITTEN_DOWN
from personalization.connector import Finding
from personalization.errors import ProductError
from personalization.models import SECOND

READS = {
    "profiles": ("profiles", "wrong", "nobody can be read"),
    "lists": ("lists", "wrong", "tags cannot be read"),
    "tags": ("tags", "wrong", "which fields are ours cannot be read"),
    "metrics": ("metrics", "short", "whether a send happened cannot be looked up"),
    "events": ("events", "short", "whether a send happened cannot be looked up"),
}
WRITES = ("profiles:write", "lists:write", "tags:write", "events:write")
VALID = "give this account a valid private API key (Klaviyo: Settings, API keys)"
SKEW = 60
FEW = 25


def examine(api: Api, settings: Settings) -> Iterator[Finding]:
    """Everything about a destination. The key first: without one nothing else can be asked."""
    try:
        api.call("GET", "accounts")
    except Lacking:
        yield Finding(about="key", level="short", said="lacks accounts:read: whose key it is "
                      "cannot be read", remedy="make a key with that scope too")  # fmt: skip
    except (ProductError, Rejected) as no:
        yield Finding(about="key", level="wrong", said=str(no), remedy=VALID)
        return
    else:
        yield Finding(about="key", level="good", said="is taken")
    yield from scopes(api)
    yield from clock(api, settings)
    yield from room(api)


def scopes(api: Api) -> Iterator[Finding]:
    """What the key may read, by reading; what it may write, by saying what it needs."""
    lacks = 0
    for about, (path, level, costs) in READS.items():
        try:
            api.rows(path)
        except Lacking:
            lacks += 1
            yield Finding.model_validate({
                "about": about, "level": level, "said": f"lacks {about}:read: {costs}",
                "remedy": "make a key with that scope too",
            })  # fmt: skip
        except (ProductError, Rejected) as no:
            lacks += 1
            yield Finding(about=about, level="wrong", said=str(no), remedy=VALID)
    if not lacks:
        said = f"all can be read; Klaviyo does not tell whether the key has {', '.join(WRITES)}"
        yield Finding(about="scopes", level="good", said=said)


def clock(api: Api, settings: Settings) -> Iterator[Finding]:
    """Whether the two clocks agree, by the answers' Date."""
    if api.told is None:
        return
    apart = abs(api.told / SECOND - settings.clock())
    if apart > SKEW:
        yield Finding(about="clock", level="short", said=f"is {apart:.0f} s apart from Klaviyo's",
                      remedy="set this machine's clock: sends carry their moment")  # fmt: skip
    else:
        yield Finding(about="clock", level="good", said="agrees with Klaviyo's")


def room(api: Api) -> Iterator[Finding]:
    """How many tags are left: each field of ours is written down as one."""
    try:
        taken = sum(1 for _ in api.every("tags", **{"fields[tag]": "name"}))
    except (ProductError, Rejected):
        return
    left = WRITTEN_DOWN - taken
    level = "good" if left >= FEW else "short" if left else "wrong"
    yield Finding.model_validate({
        "about": "tags", "level": level, "said": f"{left} of {WRITTEN_DOWN} are left",
        "remedy": None if level == "good" else "delete tags that are not used",
    })  # fmt: skip
