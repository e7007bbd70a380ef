"""Inputs and labels of the rendered performances of one piece of ASAP; what cannot be read is listed."""

from pathlib import Path

from percepiano_core.corpus.asap_dynamics import marked_recordings, performance_name, piece_name
from percepiano_core.dynamics.examples.asap_examples import asap_example
from percepiano_core.dynamics.examples.examples import write_examples
from percepiano_core.errors import DataError
from percepiano_core.job import concerning, logged
from percepiano_core.quality import from_error, write_quality
from percepiano_core.sound.renderings import read_renderings, rendering_path

with logged(snakemake.log[0]):
    root, given = Path(snakemake.params.root), snakemake.input
    sounds = {
        each.name: rendering_path(folder, each.name)
        for folder, table in zip(given.audio, given.tables, strict=True)
        for each in read_renderings(table)
    }
    examples, unusable = [], []
    for recording in marked_recordings(root):
        name = performance_name(recording)
        if piece_name(recording) != snakemake.wildcards.piece or name not in sounds:
            continue
        try:
            with concerning(root / recording.midi):
                examples.append(asap_example(root, recording, sounds[name]))
        except DataError as error:
            unusable.append(from_error("dynamics", name, error, "is not learned from", root))
        print(name)
    write_examples(snakemake.output.store, examples)
    write_quality(snakemake.output.quality, unusable)
