"""Fit one model on folds of one split and write its predictions of the test role."""

import time
from pathlib import Path

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.job import logged
from percepiano_core.splits.files import read_split
from percepiano_core.store.predictions import RunInfo, write_predictions, write_run_info
from percepiano_core.symbolic.data import load_examples
from percepiano_core.symbolic.predict import load_model, run_folds

with logged(snakemake.log[0]):
    begun = time.perf_counter()
    wildcards, params = snakemake.wildcards, snakemake.params
    performances = read_manifest(snakemake.input.performances)
    examples = load_examples(performances, snakemake.input.get("descriptors"), snakemake.input.labels)
    split = read_split(snakemake.input.split)
    folds = list(split.folds) if wildcards.folds == "all" else [wildcards.folds]
    blocks, chosen = run_folds(
        examples, split, folds, wildcards.model, load_model(params.module), params.settings, int(wildcards.seed)
    )
    write_predictions(snakemake.output.predictions, blocks)
    info = RunInfo(
        model=wildcards.model,
        features=params.features,
        labels=wildcards.labels,
        settings=params.settings,
        config_hash=params.config_hash,
        code_digest=params.code,
        chosen=chosen,
    )
    write_run_info(Path(snakemake.output.run).parent, info)
    print(f"{len(blocks)} folds in {time.perf_counter() - begun:.1f} s")
