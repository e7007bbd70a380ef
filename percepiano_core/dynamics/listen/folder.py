"""A folder of recordings of one's own (track T3), heard by one trained network; what of it can be scored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from percepiano_core.dynamics.examples.recordings_examples import annotated_pieces, recording_examples
from percepiano_core.dynamics.listen.listening import Heard, listen
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction
from percepiano_core.errors import DataError
from percepiano_core.job import concerning
from percepiano_core.quality import QualityLine, from_error
from percepiano_core.sound.recording_files import sound_files
from percepiano_core.sound.repair import Repair


def listen_to_folder(
    network: Any, about: dict[str, Any], root: Path, write: Callable[[str, Heard], None]
) -> list[QualityLine]:
    """Listen to every recording below `root`, and hand each to `write` by its name.

    Gives the lines of what cannot be heard, and of what was repaired to be heard.

    network, about : as network/weights.py reads them; `about` holds the kind of input and the threshold
    """
    lines = []
    for name, path in sound_files(root).items():
        try:
            repairs: list[Repair] = []
            with concerning(path):
                heard = listen(network, path, about["threshold"], about["input"], repairs.append)
        except DataError as error:
            lines.append(from_error("dynamics", name, error, "is not listened to", root))
            continue
        lines += [repair.quality_line("dynamics", name, path.relative_to(root).as_posix()) for repair in repairs]
        write(name, heard)
        print(f"{name}: {len(heard.beats)} beats", flush=True)
    return lines


def predict_annotated(
    network: Any, about: dict[str, Any], root: Path, protocol: str
) -> tuple[list[RecordingPrediction], list[QualityLine]]:
    """What the network says about the recordings whose beats are annotated, and the lines of what cannot be scored."""
    from percepiano_core.dynamics.network.fold import predicted_by

    said, unusable = [], []
    for piece in annotated_pieces(root):
        for each in recording_examples(root, piece, [about["input"]], protocol):
            if isinstance(each, DataError):
                unusable.append(from_error("dynamics", piece, each, "is not scored", root))
            else:
                said.append(predicted_by(network, each, about))
    return said, unusable
