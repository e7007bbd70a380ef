"""Combine the predictions of several dynamics models on every fold; the validation role chooses how."""

from __future__ import annotations

from pathlib import Path

from percepiano_core.plan.job import Job
from percepiano_core.store.dynamics_predictions import read_run, write_run_tables
from percepiano_core.training.chosen_module import chosen_module


def run(job: Job) -> None:
    """Do the job."""
    module = chosen_module("percepiano_core", job.run.module, "combine", "combination")
    folders = [Path(path).parent for path in job.paths("predictions")]
    for fold, folder in job.folders.items():
        members = [path for path in folders if path.parent.name == folder.parent.name]
        valid, test = ([read_run(path, role) for path in members] for role in ("valid", "test"))
        of_valid, of_test = module.combine(valid, test, job.run.settings)
        write_run_tables(folder, of_valid, of_test, job.finished(fold))
        print(f"fold {fold}: chosen {dict(of_test.chosen)}", flush=True)
