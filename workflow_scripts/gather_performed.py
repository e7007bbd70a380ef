"""Bring the performed notes of all performances into one file, which models read that are not told the score."""

from percepiano_core.features.performed_notes import performed_table
from percepiano_core.job import logged
from percepiano_core.store.alignments import read_segment_alignments
from percepiano_core.store.notes import write_notes

with logged(snakemake.log[0]):
    segments = [read_segment_alignments(path) for path in snakemake.input.alignments]
    notes = {name: performed_table(each.performed) for part in segments for name, each in part.performances.items()}
    write_notes(snakemake.output.notes, notes)
    print(f"{len(notes)} performances, {sum(len(table.locations['beat']) for table in notes.values())} notes")
