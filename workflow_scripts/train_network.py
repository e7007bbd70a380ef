"""Train one network on one fold of one split; write predictions, history and weights."""

from importlib import import_module
from pathlib import Path

import torch

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.digest import content_digest
from percepiano_core.job import logged
from percepiano_core.perception.examples import load_examples
from percepiano_core.perception.folds import fold_predictions, fold_roles
from percepiano_core.splits.files import read_split
from percepiano_core.store.notes import read_notes
from percepiano_core.store.predictions import RunInfo, write_predictions, write_run_info
from percepiano_core.training.checkpoint import FILE, forget_checkpoints
from percepiano_core.training.run import TrainingRun

with logged(snakemake.log[0]):
    wildcards, params, given = snakemake.wildcards, snakemake.params, snakemake.input
    torch.set_num_threads(snakemake.threads)
    examples = load_examples(read_manifest(given.performances), given.get("descriptors"), given.labels)
    split = read_split(given.split)
    roles = fold_roles(examples, split, wildcards.folds)
    folder = Path(snakemake.output.run).parent
    run = TrainingRun(
        checkpoint=folder / FILE,
        history=Path(snakemake.output.history),
        key=f"{params.info['config_hash']} {params.code} {content_digest(given)}",
        device="cuda" if torch.cuda.is_available() else "cpu",
    )
    module = import_module(f"percepiano_core.{params.module}")
    trained = module.train_fold(roles, read_notes(given.notes), params.info["settings"], int(wildcards.seed), run)
    named = (split.label, wildcards.folds, int(wildcards.seed), wildcards.model)
    write_predictions(snakemake.output.predictions, [fold_predictions(*named, roles.test, trained.test)])
    write_predictions(snakemake.output.valid, [fold_predictions(*named, roles.valid, trained.valid)])
    trained.write_weights(snakemake.output.weights)
    write_run_info(folder, RunInfo(**params.info, chosen={wildcards.folds: trained.chosen}))
    forget_checkpoints(folder)
