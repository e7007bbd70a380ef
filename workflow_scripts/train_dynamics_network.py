"""Train one dynamics network on one fold of a track; write predictions, history and weights."""

from pathlib import Path

import torch

from percepiano_core.digest import content_digest
from percepiano_core.dynamics.examples.examples import read_examples
from percepiano_core.dynamics.examples.roles import make_roles
from percepiano_core.dynamics.network.network_fold import train_fold
from percepiano_core.dynamics.predictions.predictions import write_run
from percepiano_core.job import logged
from percepiano_core.splits.files import read_split
from percepiano_core.training.checkpoint import FILE, forget_checkpoints
from percepiano_core.training.run import TrainingRun

with logged(snakemake.log[0]):
    params, given, fold = snakemake.params, snakemake.input, snakemake.wildcards.fold
    torch.set_num_threads(snakemake.threads)
    settings = dict(params.settings)
    kind = settings.pop("input", "curves8")
    examples = [each for path in given.examples for each in read_examples(path, [kind])]
    folder = Path(snakemake.output.weights).parent
    run = TrainingRun(
        checkpoint=folder / FILE,
        history=Path(snakemake.output.history),
        key=f"{params.info} {params.code} {content_digest(given)}",
        device="cuda" if torch.cuda.is_available() else "cpu",
    )
    roles = make_roles(examples, read_split(given.folds).folds[fold])
    trained = train_fold(roles, kind, settings, params.seed, run)
    write_run(folder, trained.valid, trained.test, {**params.info, "fold": fold, "chosen": trained.chosen})
    trained.write_weights(snakemake.output.weights)
    forget_checkpoints(folder)
