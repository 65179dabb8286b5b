"""One module an outside system, found by its name. `sandbox` and `shared` are packages and so
are no connectors. docs/connectors.md says how to write one."""

import pkgutil
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType


def available() -> list[str]:
    """The names of all connectors, sorted. Imports none of them."""
    return sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.ispkg)


def find(name: str) -> ModuleType:
    """The connector's module. Raises Stop for a name that none has."""
    known = available()
    if name not in known:
        # Imported here: whoever starts only the sandbox loads nothing of the core.
        from personalization.errors import Stop

        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."
        raise Stop(f"no connector is called {name!r}. {hint}")
    return import_module(f"{__name__}.{name}")
