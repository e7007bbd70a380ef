"""Rendered ASAP performances as examples: their labels, their inputs, and the blocks of their folds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from percepiano_core.corpus.asap_dynamics import marked_recordings, piece_name
from percepiano_core.corpus.midi import CONTROL_DTYPE, NOTE_DTYPE, PerformedMidi
from percepiano_core.dynamics.examples.asap_examples import asap_example, velocity_curve
from percepiano_core.dynamics.examples.examples import read_examples, write_examples
from percepiano_core.dynamics.inputs import spectrum
from percepiano_core.dynamics.inputs.inputs import KINDS, kind_of_channels, recording_inputs
from percepiano_core.errors import UserError
from percepiano_core.splits.asap_blocks import piece_block


def performed(*notes: tuple[float, int]) -> PerformedMidi:
    """Notes of (onset in seconds, velocity)."""
    rows = [(0, 0, onset, onset + 0.5, 60 + index, velocity) for index, (onset, velocity) in enumerate(notes)]
    return PerformedMidi(np.array(rows, dtype=NOTE_DTYPE), np.zeros(0, dtype=CONTROL_DTYPE), 480, 10.0)


def test_velocity_is_that_of_the_loudest_note_that_began_last() -> None:
    curve = velocity_curve(performed((0.04, 127), (0.041, 20), (0.1, 64)), 8)
    assert curve.tolist() == [[0, 0, 1, 1, 1, 64 / 127, 64 / 127, 64 / 127]]
    assert velocity_curve(performed((5.0, 127)), 8).tolist() == [[0] * 8]  # a note after the end
    assert velocity_curve(performed((0.0, 127), (1e9, 20)), 2).tolist() == [[1, 1]]  # decades after


def test_all_inputs_of_a_recording_are_on_the_same_frames(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "a.wav", 0.1 * rng.normal(size=(48000, 2)), 48000)
    made = recording_inputs(tmp_path / "a.wav", tuple(KINDS))
    assert {kind: values.shape for kind, values in made.items()} == {
        kind: (each.channels, 51) for kind, each in KINDS.items()
    }
    assert all(kind_of_channels(len(values)) == kind for kind, values in made.items())


@pytest.mark.parametrize("samples", [300, 7 * 441 - 1, 50 * 441, 50 * 512 + 700, 40000])
def test_blocks_give_what_the_whole_gives(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    waveform = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    whole = {kind: each.compute(waveform) for kind, each in KINDS.items()}
    monkeypatch.setattr(spectrum, "BLOCK_FRAMES", 7)
    for kind, each in KINDS.items():
        assert each.compute(waveform) == pytest.approx(whole[kind], rel=1e-4, abs=1e-4), kind


def test_silence_has_the_value_that_training_windows_are_filled_up_with(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(22050), 22050)
    for kind, silence in (("bssl", 0.0), ("logmel", -100.0)):  # as the settings of the networks say
        found = recording_inputs(tmp_path / "a.wav", (kind,))[kind]
        np.testing.assert_allclose(found, silence, atol=1e-4)  # logarithms differ by a last bit among processors


def test_an_unknown_input_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such input"):
        recording_inputs(tmp_path / "a.wav", ("mfcc",))
    with pytest.raises(UserError, match="no input of recordings has so many"):
        kind_of_channels(7)


def test_blocks_depend_on_the_work_alone() -> None:
    assert piece_block("Mozart/Piano_Sonatas_11-3") == piece_block("Mozart/Piano_Sonatas_11-1")
    # frozen: a changed rule would mix up test and train of earlier results
    assert [piece_block(f"Chopin/Etudes_op_10_{number}") for number in (1, 2, 10, 12)] == [2, 0, 2, 4]


def test_real_recordings_with_marks_fill_every_block(asap_root: Path) -> None:
    found = marked_recordings(asap_root)
    assert len(found) == 35
    assert Counter(piece_block(piece_name(each)) for each in found) == {0: 8, 1: 5, 2: 8, 3: 7, 4: 7}


def test_a_real_performance_becomes_an_example(asap_root: Path, tmp_path: Path) -> None:
    recording = next(each for each in marked_recordings(asap_root) if each.title == "Etudes_op_25_2")
    soundfile.write(tmp_path / "a.flac", np.random.default_rng(0).normal(0, 0.01, 88 * 22050), 22050)
    example = asap_example(asap_root, recording, tmp_path / "a.flac")
    write_examples(tmp_path / "a.h5", [example])
    (stored,) = read_examples(tmp_path / "a.h5", ["velocity"])
    assert (stored.name, stored.group) == ("Chopin/Etudes_op_25_2/Karpeyev02", "Chopin/Etudes_op_25_2")
    assert np.bincount(stored.labels.level, minlength=6).tolist() == [0, 3, 130, 0, 4, 0]
    assert stored.inputs["velocity"].shape == (1, 4401)
    # velocity rises where the notes are: at almost every beat a note begins within two frames
    begun = np.flatnonzero(np.diff(stored.inputs["velocity"][0])) + 1
    near = np.abs(begun[None] - np.rint(stored.beat_times * 50)[:, None]).min(axis=1) <= 2
    assert near.mean() > 0.9
