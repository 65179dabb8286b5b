"""From an error to an exit code and a message for the person or the program that reads it."""

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from functions.cli.calling import pasteable
from functions.cli.output import document, remarks
from functions.cli.remedies import ANY, remedy
from personalization.errors import ProductError, Retry, Stop

DONE, FINDINGS, USAGE, LATER, PERSON, PARKED, DEFECT = range(7)
CODES = {
    DONE: "done",
    FINDINGS: "findings: mistakes in a playbook, an apply that did not end all that it was asked "
    "for, a replay that differs, something that doctor calls wrong",
    USAGE: "wrong usage",
    LATER: "try again later: nothing was lost",
    PERSON: "a person has to act first; the message says what",
    PARKED: "the plan is parked: look at it, then approve it",
    DEFECT: "a defect of this product; its traceback is on standard error",
}
JSON = "ofone.json"
"""Where a command's context keeps whether it prints JSON."""
ASKED = "--json"
REPORT = "Report it, with the traceback that standard error shows."


class Commands(TyperGroup):
    """The commands, which end in a message and an exit code for every error; with --json, in one
    JSON document, also where the usage is wrong or the product is."""

    def main(
        self, args: Sequence[str] | None = None, *_given: Any, standalone_mode: bool = True,
        **more: Any,
    ) -> Any:  # fmt: skip
        """Runs a command line and exits with its code."""
        words = list(sys.argv[1:] if args is None else args)
        json = ASKED in words
        try:
            code = super().main(words, standalone_mode=False, **more)
        except typer.TyperException as error:
            code = misused(error, json)
        except typer.Abort:
            code = PERSON
            remarks().print("Not confirmed: nothing was done.")
        except Exception as error:  # noqa: BLE001  its code must not look like another's
            code = DEFECT
            if json:
                failed("defect", code, f"this should not happen ({type(error).__name__})", REPORT)
            sys.excepthook(type(error), error, error.__traceback__)
        if not standalone_mode:
            return code
        sys.exit(code or DONE)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (ProductError, OSError) as raised:
            error = raised if isinstance(raised, ProductError) else of_the_machine(raised)
            code = code_of(error)
            if ctx.meta.get(JSON):
                after = error.after if isinstance(error, Retry) else None
                failed(type(error).__name__.lower(), code, str(error), remedy(error), after)
            else:
                explain(error)
            raise typer.Exit(code) from None


def code_of(error: ProductError) -> int:
    """The exit code of an error."""
    return LATER if isinstance(error, Retry) else PERSON


def of_the_machine(error: OSError) -> Stop:
    """What the machine refuses: a folder that may not be written, a disk that is full."""
    about = f"{error.filename}: " if error.filename else ""
    return Stop(f"{about}{error.strerror or type(error).__name__}")


def failed(kind: str, code: int, message: str, todo: str, after: float | None = None) -> None:
    """Prints a failure as JSON."""
    told = {"kind": kind, "exit": code, "message": message, "remedy": pasteable(todo)}
    document({"error": told | ({"after": after} if after else {})})


def misused(error: typer.TyperException, json: bool) -> int:
    """Says what is wrong with a command line."""
    path = getattr(getattr(error, "ctx", None), "command_path", "ofone")
    if json:
        said = error.format_message()
        failed("usage", USAGE, said, f"`{path} --help` says what there is")
    else:
        show = getattr(error, "show", None)
        show() if show else remarks().print(error.format_message())
    return USAGE


def explain(error: ProductError) -> None:
    """Prints an error and what to do next."""
    console = remarks()
    console.print(str(error), style="red", soft_wrap=True)
    if (todo := remedy(error)) not in str(error) and todo != ANY:
        console.print(todo)


def leave(code: int) -> None:
    """Ends a command with a code other than 0."""
    if code:
        raise typer.Exit(code)
