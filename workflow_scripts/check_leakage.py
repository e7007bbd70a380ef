"""Count what the test sets share with the other roles; stop if a split breaks its promise."""

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.job import logged
from percepiano_core.splits.build import split_kind
from percepiano_core.splits.figures import draw_overview
from percepiano_core.splits.files import read_split
from percepiano_core.splits.folds import split_corpus
from percepiano_core.splits.groups import read_groups
from percepiano_core.splits.leakage import assert_no_leak, assert_sound, leakage, write_leakage
from percepiano_core.splits.overview import overviews, works

with logged(snakemake.log[0]):
    splits = [read_split(path) for path in snakemake.input.splits]
    tested = {name for split in splits for fold in split.folds.values() for name in fold.test + fold.train + fold.valid}
    performances = [each for each in read_manifest(snakemake.input.manifest) if each.performance in tested]
    corpus = split_corpus(performances, read_groups(snakemake.input.groups))
    for split in splits:
        assert_sound(split, corpus, complete=split_kind(split.name).complete)
        assert_no_leak(split, corpus)
    rows = [row for split in splits for row in leakage(split, corpus)]
    write_leakage(snakemake.output.table, rows)
    draw_overview(snakemake.output.figure, overviews(splits, rows, corpus), works(corpus), snakemake.params.title)
