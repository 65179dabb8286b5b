"""What has to be there before a shop can be pulled: said at once, not one at a time."""

from collections.abc import Iterator
from pathlib import Path

from connectors.shared.sheets import files_in
from functions.actions.connecting import accounts, placeholders
from functions.settings import ready, resolved
from functions.shop import Shop
from personalization.errors import Stop

USED = ("source", "destination")
"""The tables that a pull reads; webhooks and actions are a server's."""


def stop_for_lacks(shop: Shop) -> None:
    """Raises Stop with everything that the settings of sources and destinations still lack. Does
    nothing for a deployed shop, whose secrets stand in the account."""
    found = [] if shop.away else list(lacks(shop))
    if not found:
        return
    file = shop.settings.file
    if len(found) == 1:
        raise Stop(f"{file}: {found[0]}")
    told = "".join(f"\n- {one}" for one in found)
    raise Stop(f"{file}: {len(found)} things are still to be done:{told}\n"
               "`ofone doctor` looks at these and at everything else")  # fmt: skip


def lacks(shop: Shop) -> Iterator[str]:
    """Secrets that are not set, what stands as `ofone init` wrote it, and folders without files."""
    settings = shop.settings
    for kind, connector, account, given in accounts(settings):
        for name, value in given.items() if kind in USED else ():
            place = f"{kind}.{connector}.{account}"
            try:
                ready(settings, place, name, value, shop.secrets(kind, connector))
            except Stop as lack:
                yield str(lack)
    for finding in placeholders(settings):
        yield f"{finding.said}: {finding.remedy}"
    for account in settings.source.get("files", {}):
        try:
            folder = resolved(settings, "source", "files", account).get("folder")
            files_in(Path(folder)) if folder else None
        except Stop as lack:
            yield str(lack)
