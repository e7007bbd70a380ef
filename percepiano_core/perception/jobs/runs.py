"""What the jobs of rating models share: the examples of a job, and the run folders that they leave."""

from __future__ import annotations

from collections.abc import Iterable

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.perception.examples import Examples, load_examples
from percepiano_core.plan.job import Job
from percepiano_core.splits.files import read_split
from percepiano_core.splits.folds import Split
from percepiano_core.store.predictions import FoldPredictions, write_predictions
from percepiano_core.training.run_folder import RunInfo, write_run_info

TEST_FILE, VALID_FILE = "predictions.csv", "valid.csv"


DESCRIBED = ("descriptors", "mel_statistics", "embedding")  # inputs that are tables of descriptors
TESTED = "tested_"  # before the name of an input, as the test role is heard


def read_data(job: Job) -> tuple[Examples, Split]:
    """The examples of a job of a rating model, and who of them is in which role."""
    return _examples(job, [job.file(name) for name in DESCRIBED]), read_split(str(job.file("split")))


def read_tested(job: Job) -> Examples | None:
    """The examples as the test role is heard, where that is otherwise than what is learned from."""
    if not any(job.file(TESTED + name) for name in DESCRIBED):
        return None
    return _examples(job, [job.file(TESTED + name) or job.file(name) for name in DESCRIBED])


def _examples(job: Job, tables: Iterable[str | None]) -> Examples:
    performances = read_manifest(str(job.file("performances")))
    return load_examples(performances, [path for path in tables if path], str(job.file("labels")))


def write_rating_run(job: Job, info: RunInfo, valid: FoldPredictions, test: FoldPredictions) -> None:
    """Write the run of a fold; run.json last, so that it stands for a whole run."""
    folder = job.folders[info.fold]
    write_predictions(folder / VALID_FILE, [valid])
    write_predictions(folder / TEST_FILE, [test])
    write_run_info(folder, info)
