"""The demo's folder: the shop's export, its audience, and an ofone.toml that leads to both."""

import os
import re
import shutil
from hashlib import sha256
from pathlib import Path

from connectors.sandbox.world import LIST
from functions.actions.starting import templates
from functions.actions.telling import Tell
from functions.demo.data import write_export
from functions.demo.sandbox import LEDGER, STATE, make_audience
from functions.settings import NAME
from personalization.engine import Engine, literal
from personalization.errors import Stop
from personalization.models import DAY, Micros
from personalization.store.embedded import open_store
from personalization.zones import moment

MARK = "# Written by `ofone demo`, which writes it anew each time."
SETTINGS = """\
{mark}
playbook = "{playbook}"
store = "store"

# The present, in the data's own time. Without it, commands work as of the real present.
now = "{now}"

[source.files.main]
folder = "export"
currency = "USD"

# The sandbox speaks Mailchimp's wire format on this machine. The key is none.
[destination.mailchimp.main]
list = "{list}"
key = "demo-us1"
url = "{url}/3.0"
"""
SECOND = """
# The same sandbox speaks HubSpot's wire format too. 1001 is the subscription type of marketing.
[destination.hubspot.main]
token = "demo"
url = "{url}"
consent = {{marketing = 1001}}
"""
MAKERS = ("data", "form", "names", "real", "simulate")
STAMP = "made-by.txt"
INSTALL_KEY = "the demo's contacts have the same ids on every run"

IN_HUBSPOT = ("subscribed", "unsubscribed", "absent")
"""Whom the shop has in HubSpot too, and there as subscribed: also some who left Mailchimp's list, and
some who were never on it."""

# Addresses are made from household numbers and consent is simulated; an audience that follows
# from them is simulated too. Of those who never said, half never signed up at all.
AUDIENCE = """
SELECT email, CASE
    WHEN "consent.email.marketing" = 'in' THEN 'subscribed'
    WHEN "consent.email.marketing" = 'out' THEN 'unsubscribed'
    WHEN CAST(id AS BIGINT) % 2 = 0 THEN 'absent'
    WHEN CAST(id AS BIGINT) % 4 = 1 THEN 'cleaned'
    ELSE 'transactional' END AS status
FROM {contacts} ORDER BY CAST(id AS BIGINT)
"""


def prepare(folder: Path, now: Micros, households: int | None, tell: Tell) -> dict[str, str]:
    """Makes the folder anew, its export included if that is not there yet. Returns each
    address's status in the audience, or absent. Raises Stop for a folder that holds something else."""
    clear(folder)
    export = folder / "export"
    made_by = f"{stamp()} {households or 'all'}"
    if not (export / STAMP).is_file() or (export / STAMP).read_text() != made_by:
        shutil.rmtree(export, ignore_errors=True)
        write_export(export, lambda what, done, total: tell(f"export: {what}", done, total),
                     households)  # fmt: skip
        (export / STAMP).write_text(made_by)
    statuses = audience(export)
    since = moment(now - 30 * DAY).isoformat()
    people = [{"email": email, "timestamp": since, "subscribed": [1001]}
              for email, status in statuses.items() if status in IN_HUBSPOT]  # fmt: skip
    members = [{"email": email, "status": status, "timestamp": since}
               for email, status in statuses.items() if status != "absent"]  # fmt: skip
    make_audience(folder, members, now, people)
    (folder / "store").mkdir(exist_ok=True)
    open_store(folder / "store", INSTALL_KEY).close()
    return statuses


def stamp() -> str:
    """A hash of the code that writes the export: another one writes it anew."""
    here = Path(__file__).parent
    bodies = [path.read_bytes() for path in sorted(here.glob("*.py")) if path.stem in MAKERS]
    return sha256(b"".join(bodies)).hexdigest()


def clear(folder: Path) -> None:
    """Removes what an earlier demo left, but not its export, which is the same every time."""
    settings = folder / NAME
    ours = settings.is_file() and settings.read_text(encoding="utf-8").startswith(MARK)
    if folder.exists() and any(folder.iterdir()) and not ours:
        raise Stop(f"{folder} holds something that is not the demo's: name another --folder")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "store", ignore_errors=True)
    for name in (STATE, LEDGER):
        (folder / name).unlink(missing_ok=True)
    settings.write_text(MARK + "\n", encoding="utf-8")


def audience(export: Path) -> dict[str, str]:
    """Each household's address and its status in the audience."""
    contacts = f"read_parquet({literal(str(export.resolve() / 'contacts.parquet'))})"
    with Engine([export.resolve()]) as engine:
        rows = engine.rows(AUDIENCE.format(contacts=contacts))
    return {str(email): str(status) for email, status in rows}


def write_settings(folder: Path, url: str, now: Micros, second: bool = False) -> Path:
    """Writes ofone.toml, with HubSpot beside Mailchimp if `second`. The playbook is the project's own, so that an edit there shows here."""
    playbook = os.path.relpath(templates() / "grocery", folder.resolve())
    file = folder / NAME
    text = SETTINGS + SECOND if second else SETTINGS
    file.write_text(
        text.format(mark=MARK, playbook=Path(playbook).as_posix(), list=LIST, url=url,
                        now=moment(now).isoformat()),
        encoding="utf-8",
    )  # fmt: skip
    return file


def port_of(url: str) -> int:
    """The port of the address that the settings name."""
    found = re.search(r":(\d+)(/|$)", url)
    return int(found[1]) if found else 0
