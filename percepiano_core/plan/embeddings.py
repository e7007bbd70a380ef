"""Vectors of the rated performances by frozen encoders: by a module of this project, or of the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from percepiano_core.errors import UserError
from percepiano_core.plan.models import check_name, modules_with, resolved_settings
from percepiano_core.store.vectors import vector_files
from percepiano_core.training.settings import named_files

TABLE = "results/features/embedding/{embedding}_{instrument}.csv"
QUALITY = "results/quality/embedding/{embedding}_{instrument}.csv"


@dataclass(frozen=True)
class Embedding:
    """An embedding.

    Attributes
    ----------
    name : in files
    module : below percepiano_core, that has `embed`; "" where the vectors are the user's own
    settings : of the module, resolved
    folder : of the user's own vectors
    files : that the settings name
    needs : packages that it cannot do without
    """

    name: str
    module: str
    settings: dict[str, Any]
    folder: str = ""
    files: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def vectors(self, names: Iterable[str]) -> dict[str, Path]:
        """The user's own vectors of these performances; UserError where there is none."""
        found = vector_files(names, self.folder)
        if not found:
            problem = "holds no vector (.npy) that is named as a rated performance is"
            raise UserError(self.folder, problem, "name the files as the performances are named")
        return found


def configured_embeddings(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Embedding]:
    """Name -> embedding; UserError, one line, for a module or settings that are wrong."""
    return {name: _embedding(name, entry) for name, entry in entries.items()}


def _embedding(name: str, entry: Mapping[str, Any]) -> Embedding:
    if "folder" in entry:
        return Embedding(name, "", {}, folder=entry["folder"])
    place = f"embeddings.{name}"
    check_name(f"{place}.module", entry["module"], modules_with("embed"), "a module that embeds")
    settings = resolved_settings(entry["module"], entry["settings"], f"{place}.settings")
    module = import_module(f"percepiano_core.{entry['module']}")
    files = tuple(named_files(module.Settings, settings))
    return Embedding(name, entry["module"], settings, files=files, needs=tuple(getattr(module, "NEEDS", ())))
