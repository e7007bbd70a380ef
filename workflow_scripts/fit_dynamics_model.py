"""Fit one model that is told the beats, or needs no listening, on all folds of a track; write what it predicts."""

import time
from pathlib import Path

from percepiano_core.dynamics.examples.examples import read_examples
from percepiano_core.dynamics.examples.roles import load_model, make_roles, settings_of
from percepiano_core.dynamics.predictions.predictions import write_run
from percepiano_core.job import logged
from percepiano_core.splits.files import read_split

with logged(snakemake.log[0]):
    params = snakemake.params
    model = load_model(params.module)
    kind = settings_of(params.settings, model.SETTINGS)["input"]
    examples = [each for path in snakemake.input.examples for each in read_examples(path, [kind])]
    split = read_split(snakemake.input.folds)
    fit_predict = model.prepare(examples, params.settings)
    for fold in split.folds:
        begun = time.perf_counter()
        fitted = fit_predict(make_roles(examples, split.folds[fold]), params.seed)
        run = {**params.info, "fold": fold, "chosen": fitted.chosen}
        write_run(Path(params.folder) / f"fold{fold}", fitted.valid, fitted.test, run)
        print(f"fold {fold}: {time.perf_counter() - begun:.1f} s, chosen {dict(fitted.chosen)}")
