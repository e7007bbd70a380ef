"""Import a library without the heavy modules that it names but that this project never calls through it.

partitura and parangonar import plotting, data frames, schema validation and signal processing at their top. One process
aligns one segment, about half a second of work, so two seconds of imports would be the larger part of it. Inside
`deferring(...)` the named modules are stand-ins; the first use of anything in them loads the real module, so nothing is
lost, only postponed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

# Named at the top of partitura or parangonar for readers, writers and plots that are not used here.
UNUSED_BY_SCORES = (
    "joblib",
    "matplotlib",
    "matplotlib.pyplot",
    "pandas",
    "pandas.api",
    "pandas.api.types",
    "scipy.io",
    "scipy.signal",
    "xmlschema",
)


class DeferredAttribute:
    """What `from module import name` gives while the module is deferred: resolved when called or looked into."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Load the module and call the attribute."""
        return getattr(import_module(self._module), self._name)(*arguments, **options)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(getattr(import_module(self._module), self._name), attribute)


class DeferredModule(ModuleType):
    """Stands in for a module until it leaves `sys.modules`; from then on it looks up the real one."""

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__path__ = spec.submodule_search_locations or []  # submodules that are not deferred are imported

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            return DeferredAttribute(self.__name__, name)
        return getattr(import_module(self.__name__), name)


@contextmanager
def deferring(*names: str, absent: tuple[str, ...] = ()) -> Iterator[None]:
    """Postpone the import of the modules `names` (parents before children) by whatever is imported inside the block.

    Modules `absent` seem not to be installed: for optional accelerators of code that this project does not call.
    Modules that are loaded already stay as they are.
    """
    hidden = [name for name in (*names, *absent) if name not in sys.modules]
    for name in hidden:
        spec = None if name in absent else find_spec(name)
        sys.modules[name] = DeferredModule(spec) if spec else None  # type: ignore[assignment]  # None: cannot be imported
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
