"""What all result tables share: the rows they show, the runs behind a row, and what is said of a row.

A table has a row for every configured model, whether it was run or not. `model` is its title, `status` says whether it
was measured, measured on a synthetic corpus, or not run, and `config_digest` ties the row to its configuration. What a
run is, its run.json says (training/run_folder.py), never the place of its folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.digest import block_digest
from percepiano_core.errors import UserError
from percepiano_core.training.run_folder import RunInfo, read_run_info

REAL, SYNTHETIC = "real", "synthetic"  # kinds of corpus
MEASURED, NOT_RUN = "measured", "not run"  # the status of a row; on a synthetic corpus it is SYNTHETIC
MIXED = "mixed"  # inputs of a row whose runs differ in them


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model of a table: key as in the configuration, title as readers know it, inputs that it is configured for."""

    model: str
    title: str
    inputs: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder, and what made it."""

    folder: Path
    info: RunInfo

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.info.model} on {self.info.split}, fold {self.info.fold}, seed {self.info.seed}"


def read_runs(folders: Iterable[Path | str]) -> list[Run]:
    """What made each run, folders in order; UserError if one of them is another's fold and seed once more."""
    runs = [Run(folder, read_run_info(folder)) for folder in sorted(map(Path, folders))]
    seen: dict[tuple[str | int, ...], Run] = {}
    for run in runs:
        info = run.info
        first = seen.setdefault((info.data, info.model, info.split, info.fold, info.seed), run)
        if first is not run:
            raise UserError(run.folder, f"is {run.name} once more: {first.folder}", "pass each run once")
    return runs


def status_of(infos: Sequence[RunInfo]) -> str:
    """Status of a row made from these runs."""
    if not infos:
        return NOT_RUN
    return SYNTHETIC if any(info.corpus == SYNTHETIC for info in infos) else MEASURED


def inputs_of(row: ModelRow, infos: Sequence[RunInfo]) -> str:
    """What all the runs were given, else MIXED; of a row that was not run, what it is configured for."""
    names = {info.inputs for info in infos} or {row.inputs}
    return names.pop() if len(names) == 1 else MIXED


def config_digest_of(infos: Sequence[RunInfo], of_table: str) -> str:
    """The runs' digest; where they have several (a draw each), one of them all; of the table where nothing was run."""
    digests = sorted({info.config_digest for info in infos}) or [of_table]
    # The key is part of what is hashed, so that a table made anew keeps its digests.
    return digests[0] if len(digests) == 1 else block_digest({"config_hash": digests})
