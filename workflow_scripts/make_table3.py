"""Score every prediction file and write Table 3, its dimensions, its folds and the ablation."""

from pathlib import Path

import pandas as pd

from percepiano_core.evaluation.ratings.ablation import Ablation, AblationStep, ablation_table
from percepiano_core.evaluation.ratings.table3 import (
    ModelRow,
    TableSpec,
    score_runs,
    table3,
    table3_folds,
    table3_per_dimension,
    write_table,
)
from percepiano_core.job import logged

with logged(snakemake.log[0]):
    given, files, outputs = snakemake.params.spec, snakemake.input, snakemake.output
    ablations = [
        Ablation(
            name,
            tuple(entry["splits"]),
            tuple(AblationStep(step["model"], step["adds"]) for step in entry["steps"]),
            entry["against"],
        )
        for name, entry in snakemake.params.ablations.items()
    ]
    rows = tuple(ModelRow(*row) for row in given["rows"])
    parts = []
    for labels in snakemake.params.labels:
        spec = TableSpec(**{**given, "rows": rows, "splits": tuple(given["splits"]), "labels": labels})
        folders = [Path(path).parent for path in files.predictions if f"/runs/{labels}/" in path]
        scored = score_runs(folders, files.manifest, files.noise, spec)
        tables = (table3(scored, spec), table3_per_dimension(scored, spec), table3_folds(scored, spec))
        parts.append((*tables, ablation_table(scored, ablations, spec)))
    for path, tables in zip(
        (outputs.table, outputs.per_dimension, outputs.folds, outputs.ablation), zip(*parts, strict=True), strict=True
    ):
        write_table(path, pd.concat(tables, ignore_index=True))
