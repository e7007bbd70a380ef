"""A module that a configuration names, found in its package; only that module is imported."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from percepiano_core.errors import UserError


def chosen_module(package: str, name: str, function: str, kind: str) -> Any:
    """The module `name` of `package`; UserError unless it is there and has `function`, which makes it a `kind`."""
    if find_spec(f"{package}.{name}") is None:
        raise UserError(f"{kind} {name}", "there is no such module", f"name a module of {package}")
    found = import_module(f"{package}.{name}")
    if not hasattr(found, function):
        raise UserError(f"{kind} {name}", f"the module is not a {kind}", f"name a module that has {function}")
    return found
