"""Bring the notes of performances that nobody rated, beside their scores, into one file to pre-train on."""

from functools import partial

from percepiano_core.features.performance.collection import collection_notes
from percepiano_core.job import logged
from percepiano_core.store.notes import write_notes

with logged(snakemake.log[0]):
    params, told = snakemake.params, partial(print, flush=True)
    notes = collection_notes(params.performances, params.compat, snakemake.threads, told)
    write_notes(snakemake.output.notes, notes)
    print(f"{len(notes)} performances, {sum(len(table.locations['beat']) for table in notes.values())} notes")
