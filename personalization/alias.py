"""How a person is named from outside: the text of an alias.

Two kinds exist. `connector/account:outside id` names a record in one outside system; `email:` and
a normalised address names whoever reads that mailbox, so it joins records of many systems.
"""

import unicodedata

from personalization.errors import Skip


def outside_alias(connector: str, account: str, outside_id: str) -> str:
    """The alias of a record in an outside system. Raises Skip where it has no id."""
    outside_id = outside_id.strip()
    if not outside_id:
        raise Skip(f"a record of {connector}/{account} has no id")
    return f"{connector}/{account}:{outside_id}"


def email_alias(address: str) -> str:
    """The alias of an address: no space around it, one form of every letter (NFC), and case
    does not count, as in every mailbox in use. Raises Skip for what is no address; the message
    does not repeat it."""
    normal = unicodedata.normalize("NFC", address.strip()).casefold()
    name, at, domain = normal.rpartition("@")
    if not (name and at and domain) or any(letter.isspace() for letter in normal):
        raise Skip("not an e-mail address: something@domain is needed")
    return f"email:{unicodedata.normalize('NFC', normal)}"
