"""Score every dynamics run from its prediction files; write Table 1 and its folds."""

from pathlib import Path

from percepiano_core.evaluation.dynamics.table import folds_table, make_spec, score_runs, table1
from percepiano_core.job import logged
from percepiano_core.table_io import write_table

with logged(snakemake.log[0]):
    params, given = snakemake.params, snakemake.input
    folders = {Path(path).parent for path in [*given.predictions, *given.own]}
    spec = make_spec(
        params.rows, config_digest=params.get("config_digest", ""), replicates=params.replicates, seed=params.seed
    )
    scored = score_runs(folders, spec)
    write_table(snakemake.output.folds, folds_table(scored))
    write_table(snakemake.output.table, table1(scored, spec))
    print(f"{len(folders)} runs")
