"""Note-wise features of one segment: of its score once, of each performance."""

from functools import partial
from pathlib import Path

from percepiano_core.errors import DataError
from percepiano_core.features.performance.segment import SegmentFeatures, segment_features
from percepiano_core.features.score.read import read_score
from percepiano_core.job import concerning, logged
from percepiano_core.quality import from_error, write_quality
from percepiano_core.store.alignments import read_segment_alignments
from percepiano_core.store.features import write_segment_features

with logged(snakemake.log[0]):
    root = Path(snakemake.params.root)
    compat, lines = snakemake.params.settings["compat"], []

    def listed(name, error):
        lines.append(from_error("features", name, error, "no note-wise features", root))

    segment = SegmentFeatures(compat, (), {})
    read = partial(read_score, snakemake.input.score, compat, snakemake.params.composer)
    try:
        with concerning(snakemake.input.score):
            stored = read_segment_alignments(snakemake.input.alignment).performances
            aligned = {name: (each.performed, each.alignment) for name, each in stored.items()}
            segment = segment_features(read, aligned, compat, listed)
    except DataError as error:
        listed(snakemake.wildcards.segment, error)
    write_segment_features(snakemake.output.store, segment)
    write_quality(snakemake.output.quality, lines)
    print(f"{len(segment.performances)} performances, {len(segment.scores)} readings of the score")
