"""Which moment of a recording plays which place of a score, by dynamic time warping of pitch classes.

Ewert, Müller and Grosche, "High resolution audio synchronization using chroma onset features" (ICASSP 2009), in its
simplest form: chroma of the recording against chroma of the score at a constant tempo, and librosa's warping. Good to
a fraction of a second, which is enough to find the beat that a mark belongs to; recordings that leave out or add whole
passages are not followed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.sound.recording import SAMPLE_RATE

CHROMA_HOP = 2048  # samples, 93 ms
LONGEST = 5000  # frames; a longer recording is followed in coarser steps, so that memory stays below a gigabyte
SILENCE_DB = 45  # below the loudest frame, at the beginning and the end
DECAY_QUARTERS = 1.0  # in which a held piano note loses most of its weight
STANDSTILL = 0.1  # cost of a frame in which only the recording or only the score moves: of leaving the constant tempo
FLOOR = 0.02  # added to each class, so that silence resembles every chord a little


@dataclass(frozen=True, slots=True, eq=False)
class ScorePath:
    """Times (seconds) and places (quarters), [k] each, neither decreasing.

    `cost` a frame of the recording: near 0.2 where the score is played, 0.4 and more where another is (measured on
    renderings of ASAP).
    """

    times: np.ndarray
    quarters: np.ndarray
    cost: float

    def quarter_at(self, times: np.ndarray) -> np.ndarray:
        """Places in the score at times of the recording; before the beginning and after the end, those."""
        return np.interp(times, self.times, self.quarters)


def follow(waveform: np.ndarray, onsets: np.ndarray, durations: np.ndarray, pitches: np.ndarray) -> ScorePath:
    """Path of a waveform (22,050 Hz) through a score of notes: onset and duration in quarters, MIDI pitch, [m] each."""
    import librosa  # here and below: it takes seconds that only following a score is worth

    _, (first, last) = librosa.effects.trim(waveform, top_db=SILENCE_DB)
    heard = recording_chroma(waveform[first:last])
    places = np.linspace(onsets.min(), (onsets + durations).max(), heard.shape[1])
    written = score_chroma(onsets, durations, pitches, places)
    cost, path = librosa.sequence.dtw(
        _normalised(written), _normalised(heard), metric="cosine", weights_add=np.array([0.0, STANDSTILL, STANDSTILL])
    )
    score_frame, heard_frame = path[::-1].T
    times = (first + (last - first) * heard_frame / max(heard.shape[1] - 1, 1)) / SAMPLE_RATE
    steps, at = np.unique(times, return_index=True)
    mean = [places[score_frame[start:end]].mean() for start, end in zip(at, [*at[1:], len(times)], strict=True)]
    return ScorePath(steps, np.array(mean), float(cost[-1, -1] / heard.shape[1]))


def recording_chroma(waveform: np.ndarray) -> np.ndarray:
    """Pitch-class energies [12, k] of a waveform, k at most LONGEST."""
    import librosa

    chroma = librosa.feature.chroma_cqt(y=waveform, sr=SAMPLE_RATE, hop_length=CHROMA_HOP, tuning=0.0)
    group = -(-chroma.shape[1] // LONGEST)
    edges = np.arange(0, chroma.shape[1], group)
    return np.add.reduceat(chroma, edges, axis=1)


def score_chroma(onsets: np.ndarray, durations: np.ndarray, pitches: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Pitch-class weights [12, k] at places (quarters, [k]): notes sound while written, and decay."""
    chroma = np.zeros((12, len(places)))
    for onset, duration, pitch in zip(onsets, durations, pitches, strict=True):
        first, end = np.searchsorted(places, [onset, onset + duration])
        end = max(end, first + 1)
        chroma[pitch % 12, first:end] += np.exp(-(places[first:end] - onset) / DECAY_QUARTERS)
    return chroma


def _normalised(chroma: np.ndarray) -> np.ndarray:
    chroma = chroma / np.maximum(chroma.max(axis=0, keepdims=True), np.finfo(np.float64).tiny)
    return chroma + FLOOR
