"""Pre-train the encoder of compound words by masking, without ratings; write its weights and history."""

from pathlib import Path

import torch

from percepiano_core.digest import block_digest, content_digest
from percepiano_core.job import logged
from percepiano_core.store.words import read_words
from percepiano_core.symbolic.midibert.encoder_weights import write_encoder
from percepiano_core.symbolic.midibert.masked_words import WordPlan, WordTask, pretraining_roles
from percepiano_core.symbolic.midibert.word_model import bert_size
from percepiano_core.symbolic.networks.pretraining import Pretrainer
from percepiano_core.training.history import write_history

with logged(snakemake.log[0]):
    params, given = snakemake.params, snakemake.input
    torch.set_num_threads(snakemake.threads)
    size = bert_size(snakemake.wildcards.size)
    state_path = Path(f"{snakemake.output.weights}.state")
    plan = WordPlan(**params.plan)
    task = WordTask(size, params.seed, "cuda" if torch.cuda.is_available() else "cpu")
    pretrainer = Pretrainer(
        task,
        plan,
        params.seed,
        state_path=state_path,
        key=f"{block_digest(params.plan)} {params.seed} {params.code} {content_digest(given)}",
    )
    state = pretrainer.train(*pretraining_roles(read_words(given.words), plan))
    write_history(snakemake.output.history, state.history)
    write_encoder(snakemake.output.weights, size, task.module.encoder.state_dict())
    state_path.unlink()
