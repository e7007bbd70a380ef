"""Crops of a fixed length from spectrograms: one at random to learn from, all of a performance to evaluate.

Pure functions on arrays; a spectrogram may be a view into the mel cache, of which only the crop's bytes are read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percepiano_core.audio.mel_cache.normalisation import MelNormalisation

FRACTION_BITS = 23 - 10  # that single precision has more than half precision
SIGN_AND_NUMBER = np.int32(-(1 << 31) | ((1 << 15) - 1) << FRACTION_BITS)
EXPONENT_SHIFT = 2.0 ** (127 - 15)
PUBLISHED_PADDING = 0.0  # what AST and SSAST were trained with, before normalising: louder than most music


def random_starts(frames: Sequence[int] | np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """First frame [B] of a random crop of `length` frames from each of B spectrograms of so many frames.

    Every crop inside is as likely as any other; a spectrogram that is shorter begins at 0.
    """
    return rng.integers(0, np.maximum(np.asarray(frames) - length, 0) + 1)


def centre_start(frames: int, length: int) -> int:
    """First frame of the crop in the middle."""
    return max(frames - length, 0) // 2


def covering_starts(frames: int, length: int, hop: int | None = None) -> np.ndarray:
    """First frames [crops] of crops that hold every frame of a spectrogram: one every `hop`, the last one flush right.

    hop : at most `length`; None is half of it
    """
    step = hop or max(length // 2, 1)
    last = max(frames - length, 0)
    return np.append(np.arange(0, last, step), last)


def crop_weights(frames: int, length: int, starts: np.ndarray) -> np.ndarray:
    """Frames [crops] of each crop that are not padding: its weight when predictions of crops are averaged."""
    return np.clip(frames - np.asarray(starts), 0, length)


def fill_batch(
    mels: Sequence[np.ndarray],
    starts: Sequence[int] | np.ndarray,
    normalisation: MelNormalisation,
    padding: float,
    out: np.ndarray,
) -> np.ndarray:
    """Write normalised crops of B spectrograms [frames, mels] float16 to `out` [B, T, mels] float32, and return it.

    mels : as stored (a spectrogram that was just made is to be rounded likewise: `.astype(np.float16)`)
    padding : value behind the end of a short spectrogram, before normalising: `MelCache.silence`, or
        PUBLISHED_PADDING for published weights
    """
    length = out.shape[1]
    behind = normalisation(np.array([padding], np.float16))
    for crop, mel, start in zip(out, mels, starts, strict=True):
        part = mel[start : start + length]
        widen_normalised(part, normalisation, crop[: len(part)])
        crop[len(part) :] = behind
    return out


def fill_stored_batch(
    mels: Sequence[np.ndarray], starts: Sequence[int] | np.ndarray, padding: float, out: np.ndarray
) -> np.ndarray:
    """Write crops as they are stored to `out` [B, T, mels] float16, and return it: for who normalises on a device.

    mels, padding : as of `fill_batch`
    """
    for crop, mel, start in zip(out, mels, starts, strict=True):
        part = mel[start : start + out.shape[1]]
        crop[: len(part)] = part
        crop[len(part) :] = padding
    return out


def widen_normalised(halves: np.ndarray, normalisation: MelNormalisation, out: np.ndarray) -> None:
    """Write (x - mean) / (2 std) of finite float16 numbers to `out`, contiguous float32 of the same shape.

    NumPy converts half precision four times as slowly as this, which moves sign, exponent and fraction to their places
    in single precision. There the exponent is 112 too small, which the factor of normalising makes up for.
    """
    bits, factor = out.view(np.int32), 1 / (2 * normalisation.std)
    np.copyto(bits, halves.view(np.int16))
    np.left_shift(bits, FRACTION_BITS, out=bits)
    np.bitwise_and(bits, SIGN_AND_NUMBER, out=bits)
    np.multiply(out, np.float32(factor * EXPONENT_SHIFT), out=out)
    np.add(out, np.float32(-normalisation.mean * factor), out=out)
