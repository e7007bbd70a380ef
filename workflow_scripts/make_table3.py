"""Score every run of ratings; write Table 3, its dimensions, its folds and the ablation."""

from pathlib import Path

from percepiano_core.evaluation.ratings.rating_tables import make_ablations, make_spec, rating_tables
from percepiano_core.job import logged
from percepiano_core.table_io import write_table

with logged(snakemake.log[0]):
    params, files = snakemake.params, snakemake.input
    folders = [Path(path).parent for path in files.predictions]
    tables = rating_tables(
        folders, files.manifest, files.noise, make_spec(**params.spec), params.labels, make_ablations(params.ablations)
    )
    for name, table in tables.items():
        write_table(snakemake.output[name], table)
    print(f"{len(folders)} runs")
