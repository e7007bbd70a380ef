"""Where the corpora lie: the environment first, then the configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from percepiano_core.errors import PercePianoError

VARIABLE = "PERCEPIANO_ROOT"
VARIABLES = {"rated": VARIABLE, "asap": "ASAP_ROOT", "maestro": "MAESTRO_ROOT", "mazurkabl": "MAZURKABL_ROOT"}
"""Corpus, as the configuration calls it -> environment variable whose folder wins over the configured one."""


def corpus_folder(name: str, configured: str | None, environment: Mapping[str, str] | None = None) -> Path | None:
    """Folder of a corpus, as the environment or the configuration names it; None: none is named."""
    named = overriding(name, environment) or configured
    return Path(named) if named else None


def overriding(name: str, environment: Mapping[str, str] | None = None) -> str:
    """The folder that the environment names for a corpus; nothing if it names none."""
    environment = os.environ if environment is None else environment
    return environment.get(VARIABLES.get(name, ""), "")


@contextmanager
def telling_variable(name: str) -> Iterator[None]:
    """An error about the corpus says that its folder is the one of an environment variable, if it is."""
    try:
        yield
    except PercePianoError as error:
        folder = overriding(name)
        if not folder or not Path(error.subject).is_relative_to(folder):
            raise
        variable = VARIABLES[name]
        problem = f"{error.problem} (the folder is that of the environment variable {variable}, which wins over the "
        problem += f"configured corpora.{name})"
        remedy = f"unset or correct {variable}"
        raise type(error)(error.subject, problem, f"{remedy}, or {error.remedy}") from None
