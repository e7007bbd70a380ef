"""Bring the note-wise features of all performances into one file, which networks read."""

from percepiano_core.job import logged
from percepiano_core.store.features import read_segment_features
from percepiano_core.store.notes import write_notes

with logged(snakemake.log[0]):
    segments = [read_segment_features(path) for path in snakemake.input.features]
    notes = {name: segment.table(name) for segment in segments for name in segment.performances}
    write_notes(snakemake.output.notes, notes)
    print(f"{len(notes)} performances, {sum(len(table.locations['beat']) for table in notes.values())} notes")
