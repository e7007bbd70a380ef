"""Find the segments that share their text: written repeats and overlapping excerpts."""

from percepiano_core.errors import DataError
from percepiano_core.job import concerning, logged
from percepiano_core.score.text import read_text
from percepiano_core.splits.groups import chord_sequence, text_groups, write_groups

with logged(snakemake.log[0]):
    chords = {}
    for segment, score in zip(snakemake.params.works, snakemake.input, strict=True):
        try:
            with concerning(score):
                chords[segment] = chord_sequence(*read_text(score))
        except DataError as error:  # listed by the alignment of the segment; it stays a group of its own
            print(error)
            chords[segment] = []
    groups = text_groups(chords, snakemake.params.works, snakemake.params.threshold)
    write_groups(snakemake.output.table, groups)
    print(f"{len(groups)} segments in {len(set(groups.values()))} text groups")
