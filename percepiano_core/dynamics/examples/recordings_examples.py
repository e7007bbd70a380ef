"""Recordings of a person's own as examples (track T3): a folder in MazurkaBL's layout with sound in place of curves.

`beat_time/{piece}beat_time.csv` and `markings_dyn/{piece}markings.csv` as there, and the sound of its column `{pid}` at
`audio/{piece}/{pid}.wav` (or flac, ogg, mp3). Other sound below the folder is listened to, and not scored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from percepiano_core.corpus.mazurkabl import BEAT_TIMES, beat_times_path, read_mazurka
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.labels import beat_labels
from percepiano_core.dynamics.inputs.inputs import recording_inputs
from percepiano_core.errors import DataError
from percepiano_core.job import concerning
from percepiano_core.sound.frame_grid import FPS
from percepiano_core.sound.recording_files import sound_files
from percepiano_core.splits.piece_folds import recording_name

AUDIO = "audio"


def annotated_pieces(root: Path | str) -> list[str]:
    """Pieces that have beat times, in order."""
    folder, ending = BEAT_TIMES
    return sorted(path.name.removesuffix(ending) for path in (Path(root) / folder).glob(f"*{ending}"))


def recording_examples(
    root: Path | str, piece: str, kinds: Collection[str], protocol: str = "corrected"
) -> Iterator[Example | DataError]:
    """The recordings of an annotated piece that have sound; in place of one that cannot be read, what is wrong.

    If the beats or marks of the piece cannot be read, that alone.
    """
    try:
        with concerning(beat_times_path(root, piece)):
            annotated = read_mazurka(root, piece)
            labels = beat_labels(annotated, protocol)
    except DataError as error:
        yield error
        return
    sounds = sound_files(root)
    for pid, times in annotated.beats.columns.items():
        path = sounds.get(f"{AUDIO}/{piece}/{pid}")
        if path is None:
            continue
        try:
            with concerning(path):
                inputs = recording_inputs(path, tuple(kinds))
        except DataError as error:
            yield error
            continue
        duration = (next(iter(inputs.values())).shape[1] - 1) / FPS
        yield Example(recording_name(piece, pid), piece, duration, times, labels, inputs)
