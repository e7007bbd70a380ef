"""Pre-train the encoder of compound words by masking, without ratings; write its weights and history."""

from pathlib import Path

import torch

from percepiano_core.digest import block_digest, content_digest
from percepiano_core.job import logged
from percepiano_core.store.words import read_words
from percepiano_core.symbolic.midibert.pretraining import pretrain
from percepiano_core.training.run import TrainingRun

with logged(snakemake.log[0]):
    params, given = snakemake.params, snakemake.input
    torch.set_num_threads(snakemake.threads)
    settings = {**params.plan, "size": {"preset": snakemake.wildcards.size}}
    checkpoint = Path(f"{snakemake.output.weights}.checkpoint")
    run = TrainingRun(
        checkpoint=checkpoint,
        history=Path(snakemake.output.history),
        key=f"{block_digest(settings)} {params.seed} {params.code} {content_digest(given)}",
        device="cuda" if torch.cuda.is_available() else "cpu",
    )
    trained = pretrain(read_words(given.words), settings, params.seed, run)
    trained.write_weights(snakemake.output.weights)
    checkpoint.unlink()
