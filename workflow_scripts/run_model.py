"""Fit, train or combine one model; each of its folds gets a run folder with predictions and what made them."""

from percepiano_core.job import logged
from percepiano_core.plan.job import job_of, run_job

with logged(snakemake.log[0]):
    params, runs = snakemake.params, snakemake.output.run
    folders = [runs] if isinstance(runs, str) else runs
    given, gpus = dict(snakemake.input.items()), snakemake.resources.get("gpu", 0)
    job = job_of(params.job, given, folders, gpus, snakemake.threads)
    run_job(params.kind, params.problem, job)
