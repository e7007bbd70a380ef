"""Train a model of ratings on one fold, and write what it predicts, its weights and the course of its training."""

from __future__ import annotations

from percepiano_core.features.assembly import NoteTable
from percepiano_core.perception.folds import fold_predictions, fold_roles
from percepiano_core.perception.jobs.runs import read_data, write_rating_run
from percepiano_core.plan.job import Job
from percepiano_core.store.notes import read_notes
from percepiano_core.training.checkpoint import forget_checkpoints
from percepiano_core.training.chosen_module import chosen_module
from percepiano_core.training.run import TrainingRun
from percepiano_core.training.run_folder import WEIGHTS_FILE


def run(job: Job) -> None:
    """Do the job."""
    examples, split = read_data(job)
    module = chosen_module("percepiano_core", job.run.module, "train_fold", "model")
    given = getattr(module, "read_given", _notes)(job)
    for fold, folder in job.folders.items():
        roles = fold_roles(examples, split, fold)
        course = TrainingRun.within(folder, job.key, job.device, job.threads)
        trained = module.train_fold(roles, given, job.run.settings, job.run.seed, course)
        trained.write_weights(folder / WEIGHTS_FILE)
        named = (job.run.split, fold, job.run.seed, job.run.model)
        write_rating_run(
            job,
            job.finished(fold, chosen=trained.chosen),
            fold_predictions(*named, roles.valid, trained.valid),
            fold_predictions(*named, roles.test, trained.test),
        )
        forget_checkpoints(folder)


def _notes(job: Job) -> dict[str, NoteTable]:
    """The notes of the performances, which a module is given that reads nothing else by itself."""
    return read_notes(job.file("notes") or str(job.file("performed")))
