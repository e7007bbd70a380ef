"""Features of each beat, for models of beats: how loud it is among the others, before and after, and where it stands.

The beats are oracle beats: the annotated ones. Everything is relative to the recording itself, so that the level of the
recording tells nothing, and nothing of other recordings is used. After those of docs/dynamics_results.md, "Floors"; the
bar and phrase positions and the contrasts of spread are additions.
"""

from __future__ import annotations

import numpy as np

from percepiano_core.sound.frame_grid import event_frames

NEIGHBOURS = 6  # beats to each side whose ranks are features
SPANS = (2, 4, 8, 16, 32, 64)  # beats before and after that are averaged
PHRASE_BARS = (2, 4, 8)  # lengths of phrases, in bars, in which the place is a feature
TEMPO_SPAN = 8  # beats around that a beat's length is compared with
FLOOR = 1e-3  # of the loudness, before its logarithm
PLACES = ("beat", "place", "beats_to_end", "beat_in_bar", *(f"bar_in_{bars}" for bars in PHRASE_BARS))  # names


def beat_features(loudness: np.ndarray, beat_times: np.ndarray, downbeat: np.ndarray) -> dict[str, np.ndarray]:
    """Features by name, each [n], of the n beats of one recording.

    loudness : [frames] on the grid of 50 frames a second; beat_times : [n] seconds; downbeat : [n] bool
    """
    edges = _edges(beat_times, len(loudness))
    mean, peak = _between(loudness, edges)
    rank = {"mean": _rank(mean), "peak": _rank(peak)}
    z = {"mean": _z(np.log(mean + FLOOR)), "peak": _z(np.log(peak + FLOOR))}
    features = {f"rank_{name}": values for name, values in rank.items()} | {f"z_{name}": v for name, v in z.items()}
    features |= _neighbours(rank["mean"])
    features |= _spans("rank", rank["mean"], SPANS)
    features |= _spans("z", z["peak"], SPANS[1:5])
    features |= _tempo(edges)
    features |= _places(downbeat)
    features["spread"] = np.full(len(mean), np.log(mean + FLOOR).std())
    return features


def _edges(beat_times: np.ndarray, frames: int) -> np.ndarray:
    """Frames [n + 1], inside the recording, at which beats begin and the last ends, which is as long as most."""
    begins = event_frames(beat_times)
    usual = int(np.median(np.diff(begins))) if len(begins) > 1 else frames
    return np.clip(np.append(begins, begins[-1] + max(usual, 1)), 0, frames - 1)


def _between(loudness: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and peak [n] of the loudness from each beat to the next; two beats in one frame share that frame."""
    ends = np.maximum(edges[1:], edges[:-1] + 1)
    total = np.concatenate([[0.0], np.cumsum(loudness, dtype=np.float64)])
    mean = (total[ends] - total[edges[:-1]]) / (ends - edges[:-1])
    padded = np.append(loudness, -np.inf)
    peak = np.maximum.reduceat(padded, np.stack([edges[:-1], ends], axis=1).ravel())[::2]
    return mean, peak.astype(np.float64)


def _rank(values: np.ndarray) -> np.ndarray:
    """Share of the recording's beats that are softer, 0 to 1; equal beats share the mean."""
    from scipy.stats import rankdata  # here: a second that reading the settings of a model need not wait for

    return (rankdata(values) - 0.5) / len(values)


def _z(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / (values.std() or 1.0)


def _neighbours(rank: np.ndarray) -> dict[str, np.ndarray]:
    """Ranks of the beats around; beyond the ends, of the first or last beat."""
    padded = np.pad(rank, NEIGHBOURS, mode="edge")
    offsets = [offset for offset in range(-NEIGHBOURS, NEIGHBOURS + 1) if offset]
    return {f"rank_{offset:+d}": padded[NEIGHBOURS + offset : NEIGHBOURS + offset + len(rank)] for offset in offsets}


def _spans(name: str, values: np.ndarray, spans: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Means over the beats before, over the beat and those after, and their difference; shorter at the ends."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    beat = np.arange(len(values))
    features: dict[str, np.ndarray] = {}
    for span in spans:
        first, last = np.maximum(beat - span, 0), np.minimum(beat + span, len(values))
        after = (total[last] - total[beat]) / (last - beat)
        before = np.divide(total[beat] - total[first], beat - first, out=after.copy(), where=beat > first)
        features |= {
            f"{name}_before_{span}": before,
            f"{name}_after_{span}": after,
            f"{name}_change_{span}": after - before,
        }
    return features


def _tempo(edges: np.ndarray) -> dict[str, np.ndarray]:
    """Length of each beat, and of the one before, relative to the median of the recording and of the beats around."""
    length = np.maximum(np.diff(edges), 1).astype(np.float64)
    ratio = np.log(length / np.median(length))
    before = np.append(ratio[:1], ratio[:-1])
    spans = _spans("tempo", ratio, (TEMPO_SPAN,))
    return {"tempo": ratio, "tempo_before": before} | spans


def _places(downbeat: np.ndarray) -> dict[str, np.ndarray]:
    """Where a beat stands: in the recording, in its bar, and its bar in phrases counted from the first downbeat."""
    beat = np.arange(len(downbeat), dtype=np.float64)
    bar = np.cumsum(downbeat) - 1
    begun = np.maximum.accumulate(np.where(downbeat, beat, -1))
    places = {
        "beat": beat,
        "place": beat / len(beat),
        "beats_to_end": len(beat) - beat,
        "beat_in_bar": np.where(begun >= 0, beat - begun, -1),
    }
    return places | {f"bar_in_{bars}": np.where(bar >= 0, bar % bars, -1.0) for bars in PHRASE_BARS}
