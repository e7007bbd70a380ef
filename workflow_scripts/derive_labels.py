"""Turn single ratings into one label vector a performance."""

from pathlib import Path

import numpy as np

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.job import logged
from percepiano_core.quality import write_quality
from percepiano_core.ratings.derivations import derive
from percepiano_core.ratings.labels import labels_of_corpus, write_labels
from percepiano_core.ratings.shuffle import shuffled
from percepiano_core.ratings.table import read_ratings

with logged(snakemake.log[0]):
    names = [each.performance for each in read_manifest(snakemake.input.performances)]
    table, rows_left_out = read_ratings(Path(snakemake.input.ratings))
    labels, without = labels_of_corpus(derive(snakemake.params.derivation, table), names)
    if snakemake.params.shuffle_seed is not None:
        labels = shuffled(labels, np.random.default_rng(snakemake.params.shuffle_seed))
    write_labels(snakemake.output.table, labels)
    write_quality(snakemake.output.quality, [*rows_left_out, *without])
    print(f"{len(labels.performances)} performances, {labels.n_raters.sum()} people's ratings")
