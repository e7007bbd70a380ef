"""Train one network on one fold of one split; write predictions, history and weights."""

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
from percepiano_core.symbolic.networks.fold import fit_fold
from percepiano_core.symbolic.networks.network import load_trainable
from percepiano_core.symbolic.networks.network_file import write_network
from percepiano_core.training.checkpoint import forget_states
from percepiano_core.training.history import write_history

with logged(snakemake.log[0]):
    wildcards, params, given = snakemake.wildcards, snakemake.params, snakemake.input
    torch.set_num_threads(snakemake.threads)
    examples = load_examples(read_manifest(given.performances), given.get("descriptors"), given.labels)
    split = read_split(given.split)
    roles = fold_roles(examples, split, wildcards.folds)
    folder = Path(snakemake.output.run).parent
    fitted = fit_fold(
        load_trainable(params.module),
        roles,
        read_notes(given.notes),
        params.info["settings"],
        int(wildcards.seed),
        state_path=folder / "training.state",
        key=f"{params.info['config_hash']} {params.code} {content_digest(given)}",
        unrated=read_notes(given.unrated) if given.get("unrated") else None,
        device="cuda" if torch.cuda.is_available() else "cpu",
    )
    named = (split.label, wildcards.folds, int(wildcards.seed), wildcards.model)
    write_predictions(snakemake.output.predictions, [fold_predictions(*named, roles.test, fitted.test)])
    write_predictions(snakemake.output.valid, [fold_predictions(*named, roles.valid, fitted.valid)])
    write_history(snakemake.output.history, fitted.state.history)
    write_network(snakemake.output.weights, params.module, fitted.network)
    write_run_info(folder, RunInfo(**params.info, chosen={wildcards.folds: fitted.state.chosen}))
    forget_states(folder)
