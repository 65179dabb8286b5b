"""The folder of a shop that is deployed: its playbook, its settings, and its portal in the sandbox."""

from pathlib import Path

from connectors.sandbox.server import Running
from tests.functions.portal import filled, portal

SECRET = "hush of the shop"
SETTINGS = """
playbook = "playbook"
{portal}
[webhook.shopify.main]
secret = "env:SHOPIFY_SECRET"
currency = "{currency}"
[serve]
key = "env:DECISION_KEY"
"""


def laid(
    folder: Path, sandbox: Running, playbook: str, currency: str, people: int, now: str
) -> None:
    """Writes the folder, and fills the portal. `now` is the sandbox's present."""
    (folder / "playbook").mkdir(parents=True)
    (folder / "playbook" / "playbook.yaml").write_text(playbook)
    said = SETTINGS.format(portal=portal(sandbox.url), currency=currency)
    (folder / "ofone.toml").write_text(said)
    sandbox.control("clock", now=now)
    filled(sandbox, range(people))
