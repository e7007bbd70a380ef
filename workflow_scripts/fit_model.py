"""Fit one model on folds of one split and write its predictions of the test role."""

import time
from pathlib import Path

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.job import logged
from percepiano_core.perception.examples import load_examples
from percepiano_core.perception.folds import load_model, run_folds
from percepiano_core.splits.files import read_split
from percepiano_core.store.predictions import RunInfo, write_predictions, write_run_info

with logged(snakemake.log[0]):
    begun = time.perf_counter()
    wildcards, params = snakemake.wildcards, snakemake.params
    performances = read_manifest(snakemake.input.performances)
    examples = load_examples(performances, snakemake.input.get("descriptors"), snakemake.input.labels)
    split = read_split(snakemake.input.split)
    folds = list(split.folds) if wildcards.folds == "all" else [wildcards.folds]
    of_test, of_valid, chosen = run_folds(
        examples, split, folds, wildcards.model, load_model(params.module), params.info["settings"], int(wildcards.seed)
    )
    write_predictions(snakemake.output.predictions, of_test)
    write_predictions(snakemake.output.valid, of_valid)
    write_run_info(Path(snakemake.output.run).parent, RunInfo(**params.info, chosen=chosen))
    print(f"{len(of_test)} folds in {time.perf_counter() - begun:.1f} s")
