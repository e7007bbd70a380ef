"""How far raters agree, how much of that noise is in each label, and the ceiling that it sets."""

from pathlib import Path

import numpy as np

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.job import logged
from percepiano_core.ratings.agreement import agreement_columns, write_agreement, write_rater_counts
from percepiano_core.ratings.ceiling import ceilings, noise_variance, write_noise
from percepiano_core.ratings.derivations import derive
from percepiano_core.ratings.figures import draw_agreement
from percepiano_core.ratings.person_ratings import person_ratings, select_performances
from percepiano_core.ratings.reliability import rater_counts, reliability
from percepiano_core.ratings.table import read_ratings
from percepiano_core.splits.files import read_split

with logged(snakemake.log[0]):
    performances = read_manifest(snakemake.input.performances)
    movement_of = {each.performance: each.movement for each in performances}
    table, _ = read_ratings(Path(snakemake.input.ratings))
    votes = select_performances(person_ratings(table), movement_of)
    noise = noise_variance(votes, movement_of)
    tests = {Path(path).stem: read_split(path).folds["0"].test for path in snakemake.input.fixed_test}
    columns = agreement_columns(
        reliability(votes, np.random.default_rng(snakemake.params.seed)),
        ceilings(noise, derive(snakemake.params.derivation, table), performances, tests),
    )
    write_noise(snakemake.output.noise, noise)
    write_agreement(snakemake.output.table, columns)
    write_rater_counts(snakemake.output.raters, rater_counts(votes, movement_of))
    draw_agreement(snakemake.output.figure, columns, source=snakemake.params.kind)
