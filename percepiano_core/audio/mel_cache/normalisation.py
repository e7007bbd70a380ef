"""Mean and standard deviation of the spectrograms of the train role, and normalising by them.

As AST does, one mean and one standard deviation of all bins, and (x - mean) / (2 std), so that the train role has a
standard deviation of one half. AST's own constants are an average over batches with mixup and masks on; these are of
the values themselves, and only of performances that a model learns from (docs/mel_cache.md, "Normalising").
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.errors import UserError
from percepiano_core.files import write_text

NEGLIGIBLE = 1e-3  # no music varies as little: a step of the stored values is 0.004 and more


@dataclass(frozen=True, slots=True, kw_only=True)
class MelNormalisation:
    """How spectrograms are normalised.

    Attributes
    ----------
    mean, std : of all bins, in the unit of the front end
    performances, frames : how many they rest on
    names_sha256 : of the sorted names of these performances, one a line
    front_end, front_end_digest : that made the spectrograms
    """

    mean: float
    std: float
    performances: int = 0
    frames: int = 0
    names_sha256: str = ""
    front_end: str = ""
    front_end_digest: str = ""

    def __call__(self, mel: np.ndarray) -> np.ndarray:
        """(x - mean) / (2 std) of values of any shape, float32."""
        return (mel.astype(np.float32) - np.float32(self.mean)) / np.float32(2 * self.std)


# of the published weights, for `ast16k` (YuanGongND/ast, egs/*/run.sh)
AUDIOSET = MelNormalisation(mean=-4.2677393, std=4.5689974, front_end="ast16k")
ESC50 = MelNormalisation(mean=-6.6268077, std=5.358466, front_end="ast16k")
SPEECH_COMMANDS = MelNormalisation(mean=-6.845978, std=5.5654526, front_end="ast16k")


def fit_normalisation(cache: MelCache, names: Iterable[str]) -> MelNormalisation:
    """Statistics of the named performances alone, in any order; UserError for none, and for nothing but silence."""
    ordered = sorted(set(names))
    count, mean, squares = 0, 0.0, 0.0
    for name in ordered:
        count, mean, squares = _joined((count, mean, squares), _moments(cache.mel(name, np.float64)))
    std = math.sqrt(squares / count) if count else 0.0
    if std < NEGLIGIBLE:
        problem = f"{len(ordered)} performances of the train role have no sound to normalise by"
        raise UserError(cache.front_end.name, problem, "see that the split names performances that are in the cache")
    return MelNormalisation(
        mean=mean,
        std=std,
        performances=len(ordered),
        frames=count // cache.front_end.mels,
        names_sha256=hashlib.sha256("\n".join(ordered).encode()).hexdigest(),
        front_end=cache.front_end.name,
        front_end_digest=cache.front_end.digest,
    )


def write_normalisation(path: Path | str, normalisation: MelNormalisation) -> None:
    """Write as JSON, keys sorted."""
    write_text(path, json.dumps(asdict(normalisation), indent=1, sort_keys=True) + "\n")


def read_normalisation(path: Path | str) -> MelNormalisation:
    """Read what `write_normalisation` wrote."""
    return MelNormalisation(**json.loads(Path(path).read_text(encoding="utf-8")))


Moments = tuple[int, float, float]  # count, mean, sum of squared deviations from it


def _moments(values: np.ndarray) -> Moments:
    mean = float(values.mean()) if values.size else 0.0
    return values.size, mean, float(np.square(values - mean).sum())


def _joined(one: Moments, other: Moments) -> Moments:
    """Moments of two sets together (Chan, Golub and LeVeque 1983), which does not cancel as sums of squares do."""
    count = one[0] + other[0]
    if not count:
        return one
    apart = other[1] - one[1]
    mean = one[1] + apart * other[0] / count
    return count, mean, one[2] + other[2] + apart * apart * one[0] * other[0] / count
