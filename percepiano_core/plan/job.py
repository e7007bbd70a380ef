"""One job of a model, as a rule hands it to a script: what is run, on which files, into which run folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from percepiano_core.digest import content_digest
from percepiano_core.provenance import library_versions
from percepiano_core.training.run_folder import RunInfo

FOLD = "fold"  # results/runs/{system}/{data}/{model}/{split}/fold{fold}/seed{seed}


@dataclass(frozen=True)
class Job:
    """A job.

    Attributes
    ----------
    run : what is recorded of each of its runs; fold and what was chosen are the job's to add
    files : name of an input -> its file or files
    folders : fold -> run folder
    device, threads : that training computes on: "cpu" or "gpu", threads of the processor
    """

    run: RunInfo
    files: Mapping[str, Any]
    folders: Mapping[str, Path]
    device: str = "cpu"
    threads: int = 1

    def file(self, name: str) -> str | None:
        """An input of one file; None where the model is not given it."""
        found = self.files.get(name)
        return None if found is None else str(found)

    def paths(self, name: str) -> list[str]:
        """An input of several files."""
        found = self.files[name]
        return [str(found)] if isinstance(found, str | Path) else [str(path) for path in found]

    def finished(self, fold: str, **found: Any) -> RunInfo:
        """The record of one of its runs: its fold, and what it found (`chosen`, `events`)."""
        return replace(self.run, fold=fold, **found)

    @property
    def key(self) -> str:
        """What a checkpoint belongs to: settings, code and data. Another one is not resumed."""
        return f"{self.run.config_digest} {self.run.code_digest} {self.run.data_digest} seed {self.run.seed}"


def job_of(
    run: Mapping[str, Any], files: Mapping[str, Any], run_files: Iterable[Path | str], gpus: int = 0, threads: int = 1
) -> Job:
    """The job of a rule: its parameter `job`, its inputs, the run.json of each of its folders, what it may use."""
    given = {name: value for name, value in files.items() if value}
    flat = [path for value in given.values() for path in ([value] if isinstance(value, str | Path) else value)]
    info = RunInfo(**run, data_digest=content_digest(flat), libraries=library_versions())
    folders = [Path(path).parent for path in run_files]
    by_fold = {folder.parent.name.removeprefix(FOLD): folder for folder in folders}
    return Job(info, given, by_fold, "gpu" if gpus else "cpu", threads)


def run_job(kind: str, problem: str, job: Job) -> None:
    """Do a job: what a kind of model ("fit", "train", "combine") does on a problem ("perception", "dynamics")."""
    import_module(jobs_module(kind, problem)).run(job)


def jobs_module(kind: str, problem: str) -> str:
    """The module that does the jobs of a kind on a problem."""
    return f"percepiano_core.{problem}.jobs.{kind}"
