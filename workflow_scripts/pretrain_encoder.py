"""Pre-train an encoder by masking, without ratings; write its weights, history and run.json."""

from pathlib import Path

from percepiano_core.job import logged
from percepiano_core.plan.job import job_of
from percepiano_core.training.checkpoint import forget_checkpoints
from percepiano_core.training.chosen_module import chosen_module
from percepiano_core.training.run import TrainingRun
from percepiano_core.training.run_folder import write_run_info

with logged(snakemake.log[0]):
    given, gpus = dict(snakemake.input.items()), snakemake.resources.get("gpu", 0)
    job = job_of(snakemake.params.job, given, [snakemake.output.run], gpus, snakemake.threads)
    module = chosen_module("percepiano_core", job.run.module, "pretrain", "pre-training")
    folder = Path(snakemake.output.run).parent
    course = TrainingRun.within(folder, job.key, job.device, job.threads)
    trained = module.pretrain(module.read_given(job), job.run.settings, job.run.seed, course)
    trained.write_weights(snakemake.output.weights)
    write_run_info(folder, job.finished(job.run.fold, chosen=trained.chosen))
    forget_checkpoints(folder)
