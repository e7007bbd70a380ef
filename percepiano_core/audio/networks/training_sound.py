"""How far a recording is from the sound that a network has learned from.

Six numbers of a spectrogram: mean and standard deviation over its frames of level, brightness (centroid) and onset
strength. Of the train role their means and covariance are kept, and how far its own performances are from the means
(Mahalanobis). A recording is told as so many times as far as 95 of 100 of those. Files of weights without these numbers
have mean and spread of all bins alone, which do not tell renderings from real pianos (docs/rating.md, "How far from the
training sound").
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from percepiano_core.audio.mel_cache.front_ends import FrontEnd
from percepiano_core.audio.mel_cache.mel_statistics import level_and_centroid, onset_strength
from percepiano_core.audio.mel_cache.normalisation import MelNormalisation

HEADER = "training_sound"  # key of the header of a file of weights
FEWEST = 20  # performances whose covariance of six numbers says something
USUAL_SHARE = 0.95  # of the train role, that is nearer than `TrainingSound.usual`
SMALLEST = 1e-3  # standard deviation: no number of recordings varies as little
DIFFERENCES = (  # of each number, when it is smaller and when it is larger than in training
    ("softer", "louder"),
    ("of less varied level", "of more varied level"),
    ("duller", "brighter"),
    ("of less varied brightness", "of more varied brightness"),
    ("of weaker onsets", "of stronger onsets"),
    ("of less varied onsets", "of more varied onsets"),
)


@dataclass(frozen=True)
class TrainingSound:
    """The six numbers over the train role.

    Attributes
    ----------
    mean, deviation : [6]
    correlation : [6, 6], drawn a little towards none
    usual : distance from the mean that USUAL_SHARE of the train role is within
    performances : how many they rest on
    """

    mean: Sequence[float]
    deviation: Sequence[float]
    correlation: Sequence[Sequence[float]]
    usual: float
    performances: int

    @property
    def description(self) -> dict[str, Any]:
        """JSON values that `restored_sound` makes it of."""
        return asdict(self)


@dataclass(frozen=True)
class Likeness:
    """How like what was learned from a recording is.

    Attributes
    ----------
    times : its distance, 1 for as far as 95 of 100 of the train role; nan where the network does not say
    most : what differs most, with standard deviations of the train role; without `times`, mean and spread of all bins
    """

    times: float
    most: str

    @property
    def is_within(self) -> bool:
        """Whether it is no further than most of what was learned from; False where that is not known."""
        return self.times <= 1

    def __str__(self) -> str:
        """In plain words."""
        if math.isnan(self.times):
            return f"whether its sound is like what the networks learned from is not known: {self.most}"
        far = f"{self.times:.1f} times as far from its mean as 95 of 100 of it"
        if self.is_within:
            return f"its sound is within what the networks learned from ({far})"
        unlike = f"its sound is unlike what the networks learned from ({far}; above all {self.most})"
        return f"{unlike}: ratings and intervals are doubtful"


def training_sound(mels: Iterable[np.ndarray], front: FrontEnd) -> TrainingSound | None:
    """What a train role sounds like, from its spectrograms [frames, mels]; None for fewer than FEWEST."""
    return fitted_sound(np.array([sound_numbers(mel, front) for mel in mels]))


def fitted_sound(numbers: np.ndarray) -> TrainingSound | None:
    """The same from the six numbers of each performance [n, 6]."""
    if len(numbers) < FEWEST:
        return None
    mean, deviation = numbers.mean(axis=0), np.maximum(numbers.std(axis=0), SMALLEST)
    scaled = (numbers - mean) / deviation
    count, width = scaled.shape
    correlation = (scaled.T @ scaled + width * np.eye(width)) / (count + width)
    usual = float(np.quantile(_distances(scaled, correlation), USUAL_SHARE))
    return TrainingSound(mean.tolist(), deviation.tolist(), correlation.tolist(), usual, count)


def restored_sound(header: Mapping[str, Any]) -> TrainingSound | None:
    """What the header of a file of weights says; None where it says nothing."""
    return TrainingSound(**header[HEADER]) if header.get(HEADER) else None


def sound_numbers(mel: np.ndarray, front: FrontEnd) -> np.ndarray:
    """The six numbers of a spectrogram [frames, mels] of two frames or more."""
    mel = mel.astype(np.float32, copy=False)
    courses = (*level_and_centroid(mel, front.log_unit), onset_strength(mel))
    return np.array([number for course in courses for number in (course.mean(), course.std())], dtype=float)


def likeness(mel: np.ndarray, front: FrontEnd, learned: TrainingSound | None, normal: MelNormalisation) -> Likeness:
    """How like what a network learned from a spectrogram is.

    learned : what the file of the network says about it
    normal : of the network's clips, which is used where the file says nothing
    """
    if learned is None:
        return Likeness(math.nan, _of_all_bins(mel, normal))
    return distance_from(learned, sound_numbers(mel, front))


def distance_from(learned: TrainingSound, numbers: np.ndarray) -> Likeness:
    """How like what was learned from a recording of these six numbers [6] is."""
    scaled = (numbers - learned.mean) / learned.deviation
    distance = float(_distances(scaled[None], np.array(learned.correlation))[0])
    place = int(np.abs(scaled).argmax())
    most = f"{DIFFERENCES[place][int(scaled[place] > 0)]}, by {abs(scaled[place]):.1f} standard deviations"
    return Likeness(distance / learned.usual, most)


def together(told: Sequence[Likeness]) -> Likeness:
    """Of several networks: the mean of those that know, and the words of the one that finds it furthest."""
    known = [each for each in told if not math.isnan(each.times)]
    if not known:
        return told[0]
    return Likeness(float(np.mean([each.times for each in known])), max(known, key=lambda each: each.times).most)


def _distances(scaled: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Mahalanobis distances [n] of numbers [n, 6] in standard deviations."""
    return np.sqrt(np.einsum("ij,ij->i", scaled, np.linalg.solve(correlation, scaled.T).T))


def _of_all_bins(mel: np.ndarray, normal: MelNormalisation) -> str:
    if not normal.performances:
        return "their files say nothing about it"
    values = mel.astype(np.float64)
    shift, spread = (values.mean() - normal.mean) / normal.std, values.std() / normal.std
    where = f"its mean is {abs(shift):.1f} standard deviations {'above' if shift > 0 else 'below'} theirs"
    return f"their files hold mean and spread of all bins alone ({where}, its spread {spread:.1f} times theirs)"
