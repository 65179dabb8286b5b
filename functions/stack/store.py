"""The stack's store, opened once a process, and the connectors that a function may speak with."""

import os
import secrets
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import cast

import connectors
from functions.cloud.clients import made
from functions.cloud.dynamo import Dynamo
from functions.cloud.objects import Objects
from functions.cloud.store import open_cloud
from functions.settings import resolved
from functions.stack.folder import settings
from personalization.connector import Destination, Source
from personalization.models import Micros
from personalization.store.protocol import Store

NOTHING: Mapping[str, object] = {}


def clock() -> Micros:
    """UTC microseconds: the only place of the stack that reads the wall clock."""
    return time.time_ns() // 1_000


@cache
def desk() -> Path:
    """The folder for what lies on this machine while it lives."""
    return Path(tempfile.mkdtemp(prefix="ofone-"))


@cache
def opened() -> Store:
    """The store of the stack's table and bucket. The key that contact ids are hashed with is
    minted by the first function that ever opens it."""
    dynamo, s3 = made()
    return cast(Store, open_cloud(
        Dynamo(dynamo, os.environ["TABLE"]), Objects(s3, os.environ["BUCKET"]),
        secrets.token_hex(32), desk(), clock,
    ))  # fmt: skip


def destination(connector: str, account: str) -> Destination:
    """A destination with its secrets. Raises Stop for settings that are missing or wrong."""
    given = resolved(settings(), "destination", connector, account)
    return cast(Destination, connectors.find(connector).destination(account, given))


def source(
    connector: str, account: str, usual: Mapping[str, object] = NOTHING,
    instead: Mapping[str, object] = NOTHING,
) -> Source:  # fmt: skip
    """A source with its secrets. `usual` is what counts where the settings say nothing, `instead`
    what counts whatever they say. Raises Stop for settings that are missing or wrong."""
    given = resolved(settings(), "source", connector, account)
    return cast(Source, connectors.find(connector).source(account, {**usual, **given, **instead}))
