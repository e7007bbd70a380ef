"""Networks that hear sound, as one ensemble: which they are, and what they say of recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from flax import nnx

from percepiano_core.audio.mel_cache.front_ends import FrontEnd, front_end, mel_of_recording
from percepiano_core.audio.networks.clip_form import Mels, heard_clips
from percepiano_core.audio.networks.curve import Windows, sliding_windows
from percepiano_core.audio.networks.network import AudioNetwork
from percepiano_core.audio.networks.network_file import EXPECTED, read_network
from percepiano_core.audio.networks.rating_task import HEARD_TOGETHER, pooled_ratings, ratings_of
from percepiano_core.audio.networks.training_sound import Likeness, likeness, restored_sound, together
from percepiano_core.errors import DataError, UserError
from percepiano_core.perception.ensemble import Member
from percepiano_core.perception.rating_curve import RatingCurve
from percepiano_core.sound.repair import Tell, unheard
from percepiano_core.training.named_arrays import read_arrays

SHORTEST_SECONDS = 1.0  # of a recording; the shortest that was learned from has four bars


@dataclass(frozen=True, eq=False)
class HeardRatings:
    """What an ensemble says of n recordings.

    Attributes
    ----------
    members : ratings of each network [k, n, 19], 0 to 1
    likeness : recording -> how like what the networks learned from it is
    curves : recording -> ratings over time; empty where none were asked for
    """

    members: np.ndarray
    likeness: dict[str, Likeness]
    curves: dict[str, RatingCurve]


@dataclass(frozen=True, eq=False)
class _Heard:
    """What one network says: ratings of the recordings [n, 19], and of all their windows [w, 19] one after another."""

    ratings: np.ndarray
    likeness: list[Likeness]
    windows: list[Windows]
    of_windows: np.ndarray


def hear(
    members: Sequence[Member],
    recordings: Mapping[str, Path],
    *,
    curves: bool = False,
    tell: Callable[[Path], Tell] = lambda _: unheard,
) -> HeardRatings:
    """What the members say of recordings (name -> file), each heard by the front end that its networks know.

    curves : ratings over time too
    tell : path -> what is told each thing that was repaired

    DataError for a recording that cannot be used; UserError for curves of networks whose clips differ in length.
    """
    read = _reader(recordings, tell)
    heard = [_heard_by(member, read, curves) for member in members]
    if curves:
        _check_windows(members, heard)
    told = zip(*(each.likeness for each in heard), strict=True)
    return HeardRatings(
        np.stack([each.ratings for each in heard]),
        {name: together(each) for name, each in zip(recordings, told, strict=True)},
        _curves(recordings, heard) if curves else {},
    )


def read_spectrograms(
    recordings: Mapping[str, Path], front: FrontEnd, tell: Callable[[Path], Tell] = lambda _: unheard
) -> list[np.ndarray]:
    """Spectrograms [frames, mels] float16 of recordings; DataError for one that is unreadable, silent or too short."""
    mels = []
    for path in recordings.values():
        mel = mel_of_recording(path, front, tell(path)).astype(np.float16)  # as training stores them
        seconds = len(mel) / front.frames_per_second
        if seconds < SHORTEST_SECONDS:
            problem = f"it is too short to rate ({seconds:.1f} s)"
            raise DataError(path, problem, "give the recording of some bars; those learned from have 4 to 16")
        mels.append(mel)
    return mels


@cache
def _compiled() -> Callable[[nnx.Module, jnp.ndarray], jnp.ndarray]:
    """Compiled once for all networks of one shape."""
    return nnx.jit(ratings_of)


def _asked(network: AudioNetwork, mels: Mels) -> np.ndarray:
    """Ratings [n, 19] of spectrograms; a batch is no larger than they need, in powers of two that are compiled once."""
    clips = len(heard_clips(mels, network.form.frames, network.form.centre).rows)

    def say(batch: np.ndarray) -> np.ndarray:
        return np.asarray(_compiled()(network.module, jnp.asarray(batch)))

    return pooled_ratings(say, mels, network.form, min(HEARD_TOGETHER, 1 << (clips - 1).bit_length()))


def _reader(recordings: Mapping[str, Path], tell: Callable[[Path], Tell]) -> Callable[[FrontEnd], list[np.ndarray]]:
    """Front end -> spectrograms of the recordings, made once; repairs are told the first time alone."""
    made: dict[str, list[np.ndarray]] = {}

    def read(front: FrontEnd) -> list[np.ndarray]:
        if front.name not in made:
            made[front.name] = read_spectrograms(recordings, front, (lambda _: unheard) if made else tell)
        return made[front.name]

    return read


def _heard_by(member: Member, read: Callable[[FrontEnd], list[np.ndarray]], curves: bool) -> _Heard:
    """What one network says of all recordings and, where curves are wanted, of their windows."""
    network, (_, header) = read_network(member.weights), read_arrays(member.weights, *EXPECTED)
    normal, learned = network.form.normalisation, restored_sound(header)
    front = front_end(normal.front_end)
    mels = read(front)
    windows = [sliding_windows(mel, network.form.frames, front) for mel in mels] if curves else []
    said = _asked(network, [*mels, *(part for each in windows for part in each.mels)])
    alike = [likeness(mel, front, learned, normal) for mel in mels]
    return _Heard(said[: len(mels)], alike, windows, said[len(mels) :])


def _check_windows(members: Sequence[Member], heard: Sequence[_Heard]) -> None:
    first = [each.seconds for each in heard[0].windows]
    for member, other in zip(members, heard, strict=True):
        if not all(np.array_equal(*pair) for pair in zip(first, (each.seconds for each in other.windows), strict=True)):
            problem = "hears clips of another length than the networks before it, so that their curves do not meet"
            raise UserError(member.weights, problem, "name networks of one model for --curve")


def _curves(names: Iterable[str], heard: Sequence[_Heard]) -> dict[str, RatingCurve]:
    """Cut what was said of all windows one after another into the curves of the recordings."""
    windows = heard[0].windows
    said = np.stack([each.of_windows for each in heard])  # [k, w, 19]
    parts = np.split(said, np.cumsum([len(each.mels) for each in windows])[:-1], axis=1)
    return {
        name: RatingCurve(each.seconds, each.length, part)
        for name, each, part in zip(names, windows, parts, strict=True)
    }
