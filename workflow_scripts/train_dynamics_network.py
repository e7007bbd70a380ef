"""Train one dynamics network on one fold of a track; write predictions, history and weights."""

from pathlib import Path

import torch

from percepiano_core.digest import content_digest
from percepiano_core.dynamics.examples.examples import read_examples
from percepiano_core.dynamics.examples.roles import make_roles, settings_of
from percepiano_core.dynamics.network.network_fold import SETTINGS, fit_fold
from percepiano_core.dynamics.network.weights import save_network
from percepiano_core.dynamics.predictions.predictions import write_run
from percepiano_core.job import logged
from percepiano_core.splits.files import read_split
from percepiano_core.training.checkpoint import forget_states
from percepiano_core.training.history import write_history

with logged(snakemake.log[0]):
    params, given, fold = snakemake.params, snakemake.input, snakemake.wildcards.fold
    torch.set_num_threads(snakemake.threads)
    kind = settings_of(params.settings, SETTINGS)["input"]
    examples = [each for path in given.examples for each in read_examples(path, [kind])]
    folder = Path(snakemake.output.weights).parent
    result = fit_fold(
        make_roles(examples, read_split(given.folds).folds[fold]),
        params.settings,
        params.seed,
        state_path=folder / "training.state",
        key=f"{params.info} {params.code} {content_digest(given)}",
        device="cuda" if torch.cuda.is_available() else "cpu",
    )
    run = {**params.info, "fold": fold, "chosen": result.fitted.chosen}
    write_run(folder, result.fitted.valid, result.fitted.test, run)
    write_history(snakemake.output.history, result.trainer.state.history)
    save_network(snakemake.output.weights, result.trainer.network, result.about)
    forget_states(folder)
