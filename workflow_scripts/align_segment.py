"""Align every performance of one segment with its score; what cannot be read is listed, the rest goes on."""

from pathlib import Path

from percepiano_core.alignment.alignment import Thresholds
from percepiano_core.alignment.segment import align_segment
from percepiano_core.job import logged
from percepiano_core.quality import write_quality
from percepiano_core.store.alignments import AlignedPerformance, write_segment_alignments

with logged(snakemake.log[0]):
    root = Path(snakemake.params.root)
    files = dict(zip(snakemake.params.performances, map(Path, snakemake.input.midi), strict=True))
    thresholds = Thresholds(**snakemake.params.settings)
    notes, aligned, lines = align_segment(Path(snakemake.input.score), files, thresholds, root)
    stored = {name: AlignedPerformance(*pair) for name, pair in aligned.items()}
    write_segment_alignments(snakemake.output.store, notes, stored)
    write_quality(snakemake.output.quality, lines)
    print(f"{len(aligned)} of {len(files)} performances aligned")
