"""Combine the predictions of several models on one split; the valid role chooses how."""

from pathlib import Path

from percepiano_core.job import logged
from percepiano_core.perception.combination import combine_folds, load_combination
from percepiano_core.store.predictions import RunInfo, read_predictions, write_predictions, write_run_info

with logged(snakemake.log[0]):
    params = snakemake.params
    test, valid = (
        [block for path in paths for block in read_predictions(path)]
        for paths in (snakemake.input.test, snakemake.input.valid)
    )
    info = params.info
    of_test, of_valid, chosen = combine_folds(
        test, valid, info["model"], load_combination(params.module), info["settings"], int(snakemake.wildcards.seed)
    )
    write_predictions(snakemake.output.predictions, of_test)
    write_predictions(snakemake.output.valid, of_valid)
    write_run_info(Path(snakemake.output.run).parent, RunInfo(**info, chosen=chosen))
    print(f"{len(of_test)} folds")
