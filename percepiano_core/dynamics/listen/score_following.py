"""Which moment of a recording plays which place of a score, by dynamic time warping of pitch classes.

Ewert, Müller and Grosche, "High resolution audio synchronization using chroma onset features" (ICASSP 2009), in its
simplest form: chroma of the recording against chroma of the score at a constant tempo, and librosa's warping. Good to
a fraction of a second, which is enough to find the beat that a mark belongs to; recordings that leave out or add
passages in the middle are not followed.

A recording of a part of the score is found by subsequence warping (Müller, "Fundamentals of Music Processing", 2015,
section 7.2), which may begin and end anywhere in the score. Since a part says nothing about the tempo, several are
tried, coarsely, from each of which the recording may deviate by a factor of two; else it could stand still on a chord
that it holds often. Then the part is followed as a whole score is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.sound.recording import SAMPLE_RATE

CHROMA_HOP = 2048  # samples, 93 ms
LONGEST = 5000  # frames; a longer recording is followed in coarser steps, so that memory stays below a gigabyte
SHORTEST_SECONDS = 1.0  # of sound that a place in a score can be told from
SILENCE_DB = 45  # below the loudest frame, at the beginning and the end
DECAY_QUARTERS = 1.0  # in which a held piano note loses most of its weight
STANDSTILL = 0.1  # cost of a frame in which only the recording or only the score moves: of leaving the constant tempo
FLOOR = 0.02  # added to each class, so that silence resembles every chord a little
COARSE_FRAMES = 400  # of a recording, at most, when a part of the score is looked for
COARSE_SCORE = 20_000  # frames of the score, at most, at the same time
TEMPI = 30 * 1.2 ** np.arange(14)  # quarters a minute that are tried, 30 to 321
FEWEST_ONSETS = 0.5  # a second, that a part must hold; fewer are rests, which resemble much that is not played there
SAME_COST = 0.01  # of two places of a score that sound alike; the first is taken
STEPS = np.array([[1, 1], [1, 2], [2, 1]])  # frames of the recording and of the score, when a part is looked for
STEP_COSTS = np.array([0.0, STANDSTILL, STANDSTILL])  # of leaving the tempo that is tried
EXCERPT_GAIN = 0.05  # by which a part must cost less than the whole score to be believed
LEAST_LEFT_OUT = 0.05  # of the score's length, that a part leaves out


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Notes of a score: onset and duration in quarters, MIDI pitch, [m] each."""

    onsets: np.ndarray
    durations: np.ndarray
    pitches: np.ndarray

    @property
    def start(self) -> float:
        """Where the first one begins."""
        return float(self.onsets.min())

    @property
    def end(self) -> float:
        """Where the last one ends."""
        return float((self.onsets + self.durations).max())


@dataclass(frozen=True, slots=True, eq=False)
class ScorePath:
    """Times (seconds) and places (quarters), [k] each, neither decreasing.

    `cost` a frame of the recording: near 0.2 where the score is played, 0.4 and more where another is (measured on
    renderings of ASAP). `excerpt` if only a part of the score is played.
    """

    times: np.ndarray
    quarters: np.ndarray
    cost: float
    excerpt: bool = False

    def quarter_at(self, times: np.ndarray) -> np.ndarray:
        """Places in the score at times of the recording; before the beginning and after the end, those."""
        return np.interp(times, self.times, self.quarters)


def follow(waveform: np.ndarray, onsets: np.ndarray, durations: np.ndarray, pitches: np.ndarray) -> ScorePath:
    """Path of a waveform (22,050 Hz) through a score of notes: onset and duration in quarters, MIDI pitch, [m] each.

    The recording plays the whole score, or a part of it if that fits clearly better. UserError for less than a second
    of sound.
    """
    import librosa  # here and below: it takes seconds that only following a score is worth

    _, (first, last) = librosa.effects.trim(waveform, top_db=SILENCE_DB)
    if last - first < SHORTEST_SECONDS * SAMPLE_RATE:
        problem = f"{(last - first) / SAMPLE_RATE:.2f} s of sound are too short to be followed in a score"
        raise UserError("the recording", problem, "give a longer one, or leave --score out")
    notes = Notes(onsets, durations, pitches)
    heard = recording_chroma(waveform[first:last])
    begin, end = first / SAMPLE_RATE, last / SAMPLE_RATE
    whole = _warped(heard, notes, np.linspace(notes.start, notes.end, heard.shape[1]), begin, end)
    part = _played_part(heard, notes, (end - begin) / heard.shape[1])
    if part is None or part[1] - part[0] > (1 - LEAST_LEFT_OUT) * (notes.end - notes.start):
        return whole
    excerpt = _warped(heard, notes, np.linspace(*part, heard.shape[1]), begin, end)
    return replace(excerpt, excerpt=True) if excerpt.cost < whole.cost - EXCERPT_GAIN else whole


def recording_chroma(waveform: np.ndarray) -> np.ndarray:
    """Pitch-class energies [12, k] of a waveform, k at most LONGEST."""
    import librosa

    chroma = librosa.feature.chroma_cqt(y=waveform, sr=SAMPLE_RATE, hop_length=CHROMA_HOP, tuning=0.0)
    return _grouped(chroma, LONGEST)


def score_chroma(onsets: np.ndarray, durations: np.ndarray, pitches: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Pitch-class weights [12, k] at places (quarters, [k]): notes sound while written, and decay."""
    chroma = np.zeros((12, len(places)))
    for onset, duration, pitch in zip(onsets, durations, pitches, strict=True):
        first, end = np.searchsorted(places, [onset, onset + duration])
        if onset + duration < places[0] or first == len(places):
            continue
        end = max(end, first + 1)
        chroma[pitch % 12, first:end] += np.exp(-(places[first:end] - onset) / DECAY_QUARTERS)
    return chroma


def _warped(heard: np.ndarray, notes: Notes, places: np.ndarray, begin: float, end: float) -> ScorePath:
    """Path of a recording's chroma [12, k], from `begin` to `end` seconds, through the score at places (quarters)."""
    import librosa

    written = _normalised(score_chroma(notes.onsets, notes.durations, notes.pitches, places))
    costs = np.array([0.0, STANDSTILL, STANDSTILL])
    total, path = librosa.sequence.dtw(written, _normalised(heard), metric="cosine", weights_add=costs)
    score_frame, heard_frame = path[::-1].T
    times = begin + (end - begin) * heard_frame / max(heard.shape[1] - 1, 1)
    steps, at = np.unique(times, return_index=True)
    mean = [places[score_frame[one:other]].mean() for one, other in zip(at, [*at[1:], len(times)], strict=True)]
    return ScorePath(steps, np.array(mean), float(total[-1, -1] / heard.shape[1]))


def _played_part(heard: np.ndarray, notes: Notes, frame_seconds: float) -> tuple[float, float] | None:
    """Where in the score (quarters) a recording's chroma begins and ends, if it plays a part; coarse."""
    import librosa

    coarse = _grouped(heard, COARSE_FRAMES)
    seconds = frame_seconds * heard.shape[1] / coarse.shape[1]
    best, found = np.inf, None
    for tempo in TEMPI:
        places = np.arange(notes.start, notes.end, tempo / 60 * seconds)
        if not coarse.shape[1] <= len(places) <= COARSE_SCORE:
            continue  # the recording is longer than the score at this tempo
        total, _, steps = librosa.sequence.dtw(
            _normalised(coarse),
            _normalised(score_chroma(notes.onsets, notes.durations, notes.pitches, places)),
            metric="cosine",
            step_sizes_sigma=STEPS,
            weights_add=STEP_COSTS,
            weights_mul=STEPS[:, 0].astype(float),  # each frame of the recording counts
            subseq=True,
            return_steps=True,
        )
        end = _first_of_the_best(total[-1] / coarse.shape[1], coarse.shape[1])
        path = librosa.sequence.dtw_backtracking(steps, step_sizes_sigma=STEPS, subseq=True, start=end)
        part = float(places[path[-1, 1]]), float(places[path[0, 1]])
        struck = np.unique(notes.onsets[(notes.onsets >= part[0]) & (notes.onsets <= part[1])])
        if total[-1, end] < best and len(struck) >= FEWEST_ONSETS * frame_seconds * heard.shape[1]:
            best, found = total[-1, end], part
    return found


def _first_of_the_best(costs: np.ndarray, width: int) -> int:
    """Where the first of the paths ends that cost as little as any, given the costs of ending at each score frame.

    width : frames within which ends are of one path
    """
    first = int(np.argmax(costs <= costs.min() + SAME_COST))
    return first + int(np.argmin(costs[first : first + width]))


def _grouped(chroma: np.ndarray, most: int) -> np.ndarray:
    """Sums of as few neighbouring frames as leave at most so many: [12, k] -> [12, l]."""
    group = -(-chroma.shape[1] // most)
    return np.add.reduceat(chroma, np.arange(0, chroma.shape[1], group), axis=1)


def _normalised(chroma: np.ndarray) -> np.ndarray:
    chroma = chroma / np.maximum(chroma.max(axis=0, keepdims=True), np.finfo(np.float64).tiny)
    return chroma + FLOOR
