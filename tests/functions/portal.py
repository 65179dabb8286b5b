"""A HubSpot portal in the sandbox: as a shop's settings name it, and filled with people."""

from collections.abc import Iterable

from connectors.sandbox.server import Running

TOKEN = "pat-eu1-00000000-1111-2222-3333-444444444444"
PLACE = {"connector": "hubspot", "account": "main"}
SETTINGS = """
[destination.hubspot.main]
token = "env:{token}"
url = "{url}"
look_up = 0
consent = {{marketing = 1001}}
"""


def portal(url: str, token: str = "HUBSPOT_TOKEN") -> str:
    """The settings' part about it; its token comes from that variable of the environment."""
    return SETTINGS.format(url=url, token=token)


def filled(sandbox: Running, people: Iterable[int]) -> None:
    """People who want marketing stand in it, and it never asks anybody to wait."""
    sandbox.control("hubspot/settings", limits={"time": "off"})
    sandbox.control("hubspot/contacts", contacts=[
        {"email": f"p{n}@example.com", "subscribed": [1001]} for n in people
    ])  # fmt: skip
