"""Fit a dynamics model on every fold, and write what it predicts of the validation and the test role."""

from __future__ import annotations

import time

from percepiano_core.dynamics.examples.roles import load_model, make_roles
from percepiano_core.dynamics.jobs.runs import input_kind, read_data
from percepiano_core.dynamics.predictions.predictions import write_run
from percepiano_core.plan.job import Job


def run(job: Job) -> None:
    """Do the job."""
    examples, split = read_data(job)
    fit_predict = load_model(job.run.module).prepare(examples, input_kind(job), job.run.settings)
    for fold, folder in job.folders.items():
        begun = time.perf_counter()
        fitted = fit_predict(make_roles(examples, split.folds[fold]), job.run.seed)
        write_run(folder, fitted.valid, fitted.test, job.finished(fold, chosen=fitted.chosen))
        print(f"fold {fold}: {time.perf_counter() - begun:.1f} s, chosen {dict(fitted.chosen)}", flush=True)
