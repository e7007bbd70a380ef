"""Read the notes of some unlabelled performances, beside their scores."""

from functools import partial

from percepiano_core.features.performance.collection import collection_notes
from percepiano_core.job import logged
from percepiano_core.quality import write_quality
from percepiano_core.store.notes import write_notes

with logged(snakemake.log[0]):
    notes, unusable = collection_notes(
        snakemake.params.performances, snakemake.params.compat, partial(print, flush=True)
    )
    write_notes(snakemake.output.notes, notes)
    write_quality(snakemake.output.quality, unusable)
