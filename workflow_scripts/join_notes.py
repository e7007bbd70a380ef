"""Join files of notes into one, which networks read."""

from percepiano_core.job import logged
from percepiano_core.store.notes import read_notes, write_notes

with logged(snakemake.log[0]):
    notes = {name: table for path in snakemake.input.notes for name, table in read_notes(path).items()}
    write_notes(snakemake.output.notes, notes)
    print(f"{len(notes)} performances, {sum(len(table.locations['beat']) for table in notes.values())} notes")
