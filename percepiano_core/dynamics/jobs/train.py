"""Train a dynamics model on one fold, and write what it predicts, its weights and the course of its training."""

from __future__ import annotations

from percepiano_core.dynamics.examples.roles import make_roles
from percepiano_core.dynamics.jobs.runs import input_kind, read_data
from percepiano_core.dynamics.predictions.predictions import write_run
from percepiano_core.plan.job import Job
from percepiano_core.training.checkpoint import forget_checkpoints
from percepiano_core.training.chosen_module import chosen_module
from percepiano_core.training.run import TrainingRun
from percepiano_core.training.run_folder import WEIGHTS_FILE


def run(job: Job) -> None:
    """Do the job."""
    (examples, split), settings = read_data(job), job.run.settings
    module = chosen_module("percepiano_core", job.run.module, "train_fold", "model")
    for fold, folder in job.folders.items():
        roles = make_roles(examples, split.folds[fold])
        course = TrainingRun.within(folder, job.key, job.device, job.threads)
        trained = module.train_fold(roles, input_kind(job), settings, job.run.seed, course)
        trained.write_weights(folder / WEIGHTS_FILE)
        write_run(folder, trained.valid, trained.test, job.finished(fold, chosen=trained.chosen))
        forget_checkpoints(folder)
