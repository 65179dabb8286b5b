"""Links that carry a decision, so that a click finds what led to it.

A token is the decision's id in 22 characters that a URL may hold. It says nothing about anybody,
and who does not know a contact's id cannot guess one: decision ids are hashes over contact ids,
which are keyed. The holdout has no decisions, and so no tokens.
"""

import base64
import binascii
import re

PARAMETER = "ofone"
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
ID = re.compile(r"[0-9a-f]{32}")
CARRIED = re.compile(rf"(?<=[?&]){PARAMETER}=([^&#]*)&?")
WEB = ("https://", "http://")


def token_of(decision: str) -> str:
    """The token of a decision's id (32 hex digits). Raises ValueError for anything else."""
    return base64.urlsafe_b64encode(bytes.fromhex(decision))[:-2].decode()


def decision_of(text: str) -> str | None:
    """The decision's id that a token, or an id itself, names; None for any other text."""
    if len(text) == 32 and ID.fullmatch(text):
        return text
    if len(text) != 22 or not TOKEN.fullmatch(text):
        return None
    try:
        decision = base64.urlsafe_b64decode(f"{text}==").hex()
    except binascii.Error:
        return None
    return decision if token_of(decision) == text else None


def tracked(url: str, token: str) -> str:
    """A web address with the token in its query; the rest stays as it was, also a fragment. What
    is no web address stays as it is. A token that it had is replaced."""
    if not url.lower().startswith(WEB):
        return url
    head, mark, fragment = without(url).partition("#")
    sign = "" if head.endswith(("?", "&")) else "&" if "?" in head else "?"
    return f"{head}{sign}{PARAMETER}={token}{mark}{fragment}"


def carried(url: str) -> str | None:
    """The id of the decision that an address, or its query, carries."""
    if f"{PARAMETER}=" not in url:
        return None
    found = CARRIED.search(url.partition("#")[0])
    return decision_of(found[1]) if found else None


def without(url: str) -> str:
    """An address without its token, as it was before; so that one page counts as one page."""
    head, mark, fragment = url.partition("#")
    if f"{PARAMETER}=" not in head:
        return url
    kept = CARRIED.sub("", head)
    return f"{kept.rstrip('?&') if kept != head else head}{mark}{fragment}"
