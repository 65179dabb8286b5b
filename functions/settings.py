"""`ofone.toml`: where the playbook and the store are, and the accounts to connect to.

    playbook = "templates/grocery"
    store = ".ofone"

    [destination.mailchimp.main]
    key = "env:MAILCHIMP_KEY"

    [source.files.main]
    folder = "export"

    [webhook.shopify.main]
    secret = "env:SHOPIFY_SECRET"

Paths are meant from the folder of the file. A value "env:NAME" is read from the environment when
it is used, and never printed. docs/configuration.md describes every key.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from personalization.errors import Stop
from personalization.models import Frozen, Micros

NAME = "ofone.toml"
ENVIRONMENT = "env:"
PATHS = frozenset({"folder"})
"""Connector settings that are paths, and so are meant from the file's folder too."""

TABLES = ("destination", "source", "webhook", "action")

Accounts = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""connector -> account -> settings"""

LookUp = Callable[[str, str], str]
"""(name, where it is wanted) -> the value of "env:NAME". Raises Stop, saying how to set it."""


class Serve(Frozen):
    """For `ofone serve`. `address` is what the outside calls, where a server stands before; `key`
    opens the decision API, and `old_key` beside it while keys are changed."""

    address: str | None = Field(default=None, pattern=r"^https?://[^/?#]+(/[^?#]*)?$")
    key: str | None = Field(default=None, min_length=1, repr=False)
    old_key: str | None = Field(default=None, min_length=1, repr=False)


class Settings(Frozen):
    """What the file says. `folder` is where it lies; `now` a fixed present, for demos and tests."""

    folder: Path
    playbook: str
    store: str = ".ofone"
    threads: int = 1
    memory: str = "1GB"
    now: str | None = None
    destination: Accounts = {}
    source: Accounts = {}
    webhook: Accounts = {}
    action: Accounts = {}
    serve: Serve = Serve()

    @property
    def file(self) -> Path:
        """The settings file itself."""
        return self.folder / NAME


def read(file: Path) -> Settings:
    """Reads a settings file. Raises Stop with file, key and remedy for anything wrong in it."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Stop(
            f"there is no {file}: `ofone init` writes one, or name another with --config"
        ) from None
    except (OSError, UnicodeDecodeError):
        raise Stop(f"{file} cannot be read as UTF-8 text: save it as UTF-8") from None
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Stop(f"{file} is no TOML: {error}") from None
    try:
        return Settings.model_validate({**said, "folder": file.resolve().parent})
    except ValidationError as error:
        raise Stop("\n".join(wrong(file, part) for part in error.errors())) from None


def wrong(file: Path, part: Any) -> str:
    """One mistake of a settings file. It never repeats a value, which may be a secret."""
    key = ".".join(str(piece) for piece in part["loc"])
    if part["type"] == "missing":
        return f'{file}: {key} is missing. Add a line such as {key} = "templates/retail"'
    if part["type"] == "extra_forbidden":
        known = [name for name in Settings.model_fields if name != "folder"]
        near = get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
        return f"{file}: {key} is no setting. {hint}"
    if part["loc"][0] in TABLES:
        return (
            f"{file}: {key} is not a table of settings. Write it as "
            f"[{part['loc'][0]}.<connector>.<account>], such as [destination.mailchimp.main]"
        )
    return f"{file}: {key} is wrong: {part['msg']}"


def from_environment(variable: str, place: str) -> str:
    """A variable of the environment. Raises Stop where it lacks it."""
    if variable not in os.environ:
        raise Stop(
            f"{place} is to come from the environment, and {variable} is not set there. "
            f"Set it: export {variable}=..."
        )
    return os.environ[variable]


def resolved(
    settings: Settings, kind: str, connector: str, account: str,
    look_up: LookUp = from_environment,
) -> dict[str, Any]:  # fmt: skip
    """One account's settings, ready to use: secrets read, paths made whole. Raises Stop where
    a name is not to be found."""
    given = tables(settings, kind)[connector]
    place = f"{settings.file}: {kind}.{connector}.{account}"
    return {name: ready(settings, place, name, value, look_up)
            for name, value in given[account].items()}  # fmt: skip


def tables(settings: Settings, kind: str) -> Accounts:
    """All accounts of a kind: destination, source, webhook or action."""
    found: Accounts = getattr(settings, kind)
    return found


def serve_keys(settings: Settings, look_up: LookUp = from_environment) -> tuple[str, ...]:
    """The keys that open the decision API now. Raises Stop where one is not to be found."""
    place = f"{settings.file}: serve"
    given = {"key": settings.serve.key, "old_key": settings.serve.old_key}
    return tuple(str(ready(settings, place, name, one, look_up))
                 for name, one in given.items() if one)  # fmt: skip


def ready(
    settings: Settings, place: str, name: str, value: Any, look_up: LookUp = from_environment
) -> Any:
    """One value, looked up or made a whole path where it asks for that."""
    if isinstance(value, str) and value.startswith(ENVIRONMENT):
        return look_up(value.removeprefix(ENVIRONMENT), f"{place}.{name}")
    if name in PATHS and isinstance(value, str):
        return str(settings.folder / value)
    return value


def moment(text: str) -> Micros:
    """UTC microseconds of an ISO 8601 text (without an offset it is UTC) or of a plain number of
    microseconds. Raises ValueError."""
    if text.lstrip("-").isdigit():
        return int(text)
    when = datetime.fromisoformat(text)
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
