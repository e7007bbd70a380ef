"""Score every dynamics run from its prediction files; write Table 1 and its folds."""

from pathlib import Path

from percepiano_core.evaluation.dynamics.table import ModelRow, folds_table, score_fold, table1, write_table
from percepiano_core.job import logged

with logged(snakemake.log[0]):
    params = snakemake.params
    models = {track: [ModelRow(*row) for row in rows] for track, rows in params.models.items()}
    scored = []
    for track, rows in models.items():
        for row in rows:
            for fold in params.folds[row.model]:
                folder = Path("results/dynamics") / track / "runs" / row.model / f"fold{fold}"
                scored.append(score_fold(folder, track, row.model, fold))
            print(f"{track} {row.model}: {len(params.folds[row.model])} folds")
    write_table(snakemake.output.folds, folds_table(scored))
    write_table(snakemake.output.table, table1(scored, models, params.replicates, params.seed))
