"""Descriptors of transcribed performances, and how far they are from those of the true MIDI."""

from pathlib import Path

from percepiano_core.audio.transcription import distances
from percepiano_core.audio.transcription.transcribe import transcribed_files
from percepiano_core.features.descriptors.table import read_descriptors, write_descriptors
from percepiano_core.job import logged
from percepiano_core.perception.description import describe_files
from percepiano_core.quality import write_quality

if __name__ == "__main__":  # the process pool imports this file again where processes are spawned
    with logged(snakemake.log[0]):
        given, made, params = snakemake.input, snakemake.output, snakemake.params
        files = transcribed_files(given.midi)
        scored = {name: (path, Path(params.scores[name])) for name, path in files.items()}
        rows, lines = describe_files(scored, snakemake.threads)
        write_descriptors(made.table, rows)
        write_quality(made.quality, lines)
        true = {name: Path(params.midi[name]) for name in files}
        distances.write_note_distances(made.notes, distances.note_distances(true, files))
        found = distances.descriptor_distances(read_descriptors(given.descriptors), rows)
        distances.write_descriptor_distances(made.descriptors, found)
        print(f"{len(rows)} performances")
