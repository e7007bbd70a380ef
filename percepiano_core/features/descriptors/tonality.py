"""26 statistics of key, mode and harmony of what was played, without its score.

Not in the published descriptor sets. Judgements of mood and brightness follow the mode of the music more than
the playing, and neither the raw nor the aligned set knows the mode. Keys are found with the probe-tone profiles of
Krumhansl and Kessler (1982).
"""

from __future__ import annotations

import numpy as np

from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.features.descriptors.chords import chord_index
from percepiano_core.features.descriptors.summaries import mean_of

# Krumhansl and Kessler (1982), Psychological Review 89, table 2: fit of each pitch class to a key, from its tonic.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
PITCH_CLASSES = 12
STEP = 2  # semitones: a melodic interval up to this is a step


def tonal_descriptors(performed: PerformedMidi) -> dict[str, float]:
    """The 26 tonal descriptors of one performance, all finite; independent of time shift, tempo and transposition.

    `degree_00` ... `degree_11` are shares of the notes by semitones above the tonic of the likeliest key, `class_1` ...
    `class_6` shares of the interval classes inside chords (0 without chords).
    """
    notes = np.sort(performed.notes, order=["onset_sec", "pitch"])
    pitch = notes["pitch"].astype(int)
    counts = np.bincount(pitch % PITCH_CLASSES, minlength=PITCH_CLASSES) / len(pitch)
    major, minor = _key_fits(counts, MAJOR), _key_fits(counts, MINOR)
    tonic = int(np.argmax(np.maximum(major, minor)))
    fits = np.sort(np.concatenate([major, minor]))
    degrees = np.roll(counts, -tonic)
    chord = chord_index(notes["onset_sec"])
    return {
        "major_fit": float(major.max()),
        "minor_fit": float(minor.max()),
        "major_minus_minor": float(major.max() - minor.max()),
        "major_minus_minor_of_tonic": float(major[tonic] - minor[tonic]),
        "key_clarity": float(fits[-1] - fits[-2]),
        "pitch_class_entropy": float(-(counts[counts > 0] * np.log(counts[counts > 0])).sum()),
        **{f"degree_{i:02d}": float(share) for i, share in enumerate(degrees)},
        **_interval_classes(pitch, chord),
        **_melody(pitch, chord),
    }


def _key_fits(counts: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Correlation [12] of pitch-class shares with the profile on each tonic; 0 if all classes are equally frequent."""
    turned = np.array([np.roll(profile, tonic) for tonic in range(PITCH_CLASSES)])
    turned -= turned.mean(axis=1, keepdims=True)
    centred = counts - counts.mean()
    scale = np.linalg.norm(turned, axis=1) * np.linalg.norm(centred)
    return turned @ centred / np.maximum(scale, np.finfo(float).tiny)


def _interval_classes(pitch: np.ndarray, chord: np.ndarray) -> dict[str, float]:
    """Shares of interval classes 1 to 6 among the pairs of different pitch classes in chords."""
    classes = np.zeros((chord[-1] + 1, PITCH_CLASSES))
    classes[chord, pitch % PITCH_CLASSES] = 1
    pairs = np.array([(classes * np.roll(classes, -k, axis=1)).sum() for k in range(1, 7)])
    pairs[-1] /= 2  # a tritone is its own inversion and was met from both ends
    shares = pairs / max(pairs.sum(), 1)
    return {f"class_{k}": float(share) for k, share in enumerate(shares, start=1)}


def _melody(pitch: np.ndarray, chord: np.ndarray) -> dict[str, float]:
    """Intervals of the highest notes from chord to chord."""
    last = np.append(np.flatnonzero(np.diff(chord)), len(chord) - 1)
    top = np.maximum.reduceat(pitch, np.append(0, last[:-1] + 1))
    interval = np.abs(np.diff(top))
    step, size = mean_of(interval <= STEP), mean_of(interval)
    return {"melody_step_share": step if len(interval) else 0.0, "melody_interval": size if len(interval) else 0.0}
