"""From an error to an exit code and a message for the person who reads it."""

from typing import Any

import typer
from typer.core import TyperGroup

from functions.cli.output import document, remarks
from personalization.errors import ProductError, Retry, Stop
from personalization.playbook.mistakes import Mistakes

DONE, FINDINGS, USAGE, LATER, PERSON, PARKED = range(6)
CODES = {
    DONE: "done",
    FINDINGS: "findings: mistakes in a playbook, an apply that is not complete, a replay that "
    "differs, something that doctor calls wrong",
    USAGE: "wrong usage",
    LATER: "try again later: nothing was lost",
    PERSON: "a person has to act first; the message says what",
    PARKED: "the plan is parked: look at it, then approve it",
}
JSON = "ofone.json"
"""Where a command's context keeps whether it prints JSON."""


class Commands(TyperGroup):
    """The commands, which end in a message and an exit code for every error made on purpose."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except ProductError as error:
            code = code_of(error)
            if ctx.meta.get(JSON):
                document({"error": {"kind": type(error).__name__.lower(), "exit": code,
                                    "message": str(error)}})  # fmt: skip
            else:
                explain(error)
            raise typer.Exit(code) from None


def code_of(error: ProductError) -> int:
    """The exit code of an error."""
    return LATER if isinstance(error, Retry) else PERSON


def explain(error: ProductError) -> None:
    """Prints an error and what to do next."""
    console = remarks()
    console.print(str(error), style="red", soft_wrap=True)
    if isinstance(error, Retry):
        pause = f" in {error.after:g} s" if error.after else ""
        console.print(f"Nothing was lost. Run the same command again{pause}.")
    elif isinstance(error, Mistakes):
        console.print(
            "Nothing was changed. `ofone check` shows this and runs the playbook's tests."
        )
    elif not isinstance(error, Stop):
        console.print("This one row was set aside: `ofone letters` lists such rows.")


def leave(code: int) -> None:
    """Ends a command with a code other than 0."""
    if code:
        raise typer.Exit(code)
