"""Fit a model of ratings on every fold of a split, and write what it predicts of the validation and the test role."""

from __future__ import annotations

import time

from percepiano_core.perception.folds import load_model, run_folds
from percepiano_core.perception.jobs.runs import read_data, read_tested, write_rating_run
from percepiano_core.plan.job import Job


def run(job: Job) -> None:
    """Do the job."""
    (examples, split), model = read_data(job), load_model(job.run.module)
    named, tested = (job.run.model, model, job.run.settings, job.run.seed), read_tested(job)
    for fold in job.folders:
        begun = time.perf_counter()
        test, valid, chosen = run_folds(examples, split, [fold], *named, tested)
        write_rating_run(job, job.finished(fold, chosen=chosen[fold]), valid[0], test[0])
        print(f"fold {fold}: {time.perf_counter() - begun:.1f} s, chosen {chosen[fold]}", flush=True)
