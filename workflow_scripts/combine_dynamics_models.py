"""Combine the predictions of several dynamics models on all folds of a track."""

from dataclasses import replace
from pathlib import Path

from percepiano_core.dynamics.predictions.combination import combine
from percepiano_core.job import logged
from percepiano_core.store.dynamics_predictions import read_run, write_run_tables

with logged(snakemake.log[0]):
    params = snakemake.params
    members = params.settings["members"]
    for fold in params.folds:
        folders = [Path(params.runs) / member / f"fold{fold}" for member in members]
        roles = ([read_run(folder, role) for folder in folders] for role in ("valid", "test"))
        valid, test = combine(*roles, params.settings)
        test = replace(test, run={**params.info, **test.run, "fold": fold})
        write_run_tables(Path(params.runs) / snakemake.wildcards.model / f"fold{fold}", valid, test)
        print(f"fold {fold}: {', '.join(members)}; threshold {test.run['chosen']['threshold']:.3f}")
