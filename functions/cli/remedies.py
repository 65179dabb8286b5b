"""What to do next, for the programs that read an error as JSON: the same that its text says."""

import re

from personalization.errors import ProductError, Retry, Skip, Stop
from personalization.playbook.mistakes import Mistakes

PLACE = re.compile(r"^\S+: ")
"""A file or an account that a message begins with."""
ANY = "Do what the message says, then run the same command again."


def remedy(error: ProductError) -> str:
    """What to do next: as the message says it, or as the error's kind tells."""
    if isinstance(error, Retry):
        pause = f" in {error.after:g} s" if error.after else ""
        return f"Nothing was lost. Run the same command again{pause}."
    if isinstance(error, Mistakes):
        return "Nothing was changed. `ofone check` shows this and runs the playbook's tests."
    if isinstance(error, Skip):
        return "This one row was set aside: `ofone letters` lists such rows."
    return said(str(error)) or ANY if isinstance(error, Stop) else ANY


def said(message: str) -> str:
    """The part of a message that says what to do; "" where it says only what is wrong. Of several
    lines, all but the first, which counts them; else what follows the first sentence, or what is
    wrong and a colon."""
    first, _, more = message.partition("\n")
    if more:
        return more
    bare = PLACE.sub("", first)
    for sign in (". ", ": "):
        _, found, todo = bare.partition(sign)
        if found:
            return todo
    return ""
