"""Combine the predictions of several models of ratings on every fold of a split; the validation role chooses how."""

from __future__ import annotations

from collections.abc import Iterable

from percepiano_core.perception.combination import combine_folds, load_combination
from percepiano_core.perception.jobs.runs import write_rating_run
from percepiano_core.plan.job import Job
from percepiano_core.store.predictions import FoldPredictions, read_predictions


def run(job: Job) -> None:
    """Do the job."""
    combination = load_combination(job.run.module)
    blocks = _blocks(job.paths("predictions"), job.folders), _blocks(job.paths("valid"), job.folders)
    test, valid, chosen = combine_folds(*blocks, job.run.model, combination, job.run.settings, job.run.seed)
    for of_test, of_valid in zip(test, valid, strict=True):
        fold = of_test.fold
        write_rating_run(job, job.finished(fold, chosen=chosen[fold]), of_valid, of_test)
        print(f"fold {fold}: {chosen[fold]}", flush=True)


def _blocks(paths: Iterable[str], folds: Iterable[str]) -> list[FoldPredictions]:
    """Predictions of the folds that the job makes."""
    wanted = set(folds)
    return [block for path in paths for block in read_predictions(path) if block.fold in wanted]
