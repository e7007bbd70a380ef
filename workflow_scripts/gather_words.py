"""Bring the compound words of the performances to pre-train on into one file."""

from pathlib import Path

from percepiano_core.corpus.midi import read_performance
from percepiano_core.errors import DataError
from percepiano_core.job import concerning, logged
from percepiano_core.quality import from_error, write_quality
from percepiano_core.store.words import WordCollection, write_words
from percepiano_core.symbolic.midibert.compound_words import compound_words

with logged(snakemake.log[0]):
    files, pieces, words, lines = list(snakemake.input.midi), [], [], []
    for number, (path, piece) in enumerate(zip(files, snakemake.params.pieces, strict=True), start=1):
        try:
            with concerning(path):
                performed = read_performance(path)
                words.append(compound_words(performed.notes, performed.ticks_per_quarter))
        except DataError as error:
            print(f"left out: {error}")
            lines.append(from_error("pretraining", f"{piece}/{Path(path).stem}", error, "it is not learned from"))
            continue
        pieces.append(piece)
        if number % 50 == 0 or number == len(files):
            print(f"{number} of {len(files)} performances, {sum(map(len, words))} notes", flush=True)
    write_words(snakemake.output.words, WordCollection(pieces, words))
    write_quality(snakemake.output.quality, lines)
