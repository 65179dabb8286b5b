"""Where the shop's own folder is in a bundle: `ofone.toml` and the playbook beside the code."""

import os
from functools import cache
from pathlib import Path

from functions.settings import NAME, Settings, read


@cache
def settings() -> Settings:
    """The settings that were deployed. Raises Stop for what is wrong in them."""
    place = os.environ.get("SHOP") or str(Path(__file__).resolve().parents[2] / "shop")
    return read(Path(place) / NAME)
