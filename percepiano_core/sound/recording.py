"""Reading a recording: one channel, at the rates that are asked for, with a known peak, and what had to be repaired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr  # type: ignore[import-untyped]

from percepiano_core.errors import DataError
from percepiano_core.sound.decoding import SoundStream, opened
from percepiano_core.sound.repair import Repair, Tell, unheard

SAMPLE_RATE = 22050  # Hz, of the dynamics network
PEAK_DBFS = -1.0  # level of the loudest sample that the dynamics network is given
LARGEST = 2.0**32  # that a sample may be: floating-point files may count the steps of 32 bits, but no more
SILENCE_PEAK = 1e-4  # of full scale (-80 dB): three steps of 16 bits, of which no music is made
EXACT_SILENCE_PEAK = 1e-10  # the same in files of floating-point numbers
LEAST_KEPT = 0.25  # of the power, that the mean of the channels must keep of what they have in common
OFFSET_SHARE = 1e-3  # of the peak: an offset of which the loudness model hears next to nothing
TOLD_OFFSET_SHARE = 1e-2
SHORTEST_SECONDS = 0.5  # of a recording whose mean says something about an offset, or its channels about each other


@dataclass(frozen=True, slots=True, eq=False)
class Downmix:
    """How channels become one: a weight [channels] each, and what is taken off the sum."""

    weights: np.ndarray | None  # None: the mean, computed as NumPy computes it
    offset: float = 0.0

    def of(self, block: np.ndarray) -> np.ndarray:
        """One channel [n] float32 of samples [channels, n]."""
        mono = block.mean(axis=0) if self.weights is None else (self.weights @ block).astype(np.float32)
        return mono - np.float32(self.offset) if self.offset else mono


@dataclass(slots=True, eq=False)
class Moments:
    """Sums over samples: how many, of each channel, of the products of channels; and the range of the mean."""

    count: int
    sums: np.ndarray
    products: np.ndarray
    lowest: float = np.inf
    highest: float = -np.inf

    def add(self, block: np.ndarray, mono: np.ndarray) -> None:
        """Count samples [channels, n] and their mean [n] in."""
        wide = block.astype(np.float64)
        self.count += block.shape[1]
        self.sums += wide.sum(axis=1)
        self.products += wide @ wide.T
        self.lowest = min(self.lowest, float(mono.min()))
        self.highest = max(self.highest, float(mono.max()))

    @property
    def means(self) -> np.ndarray:
        """Offset of each channel."""
        return self.sums / self.count

    @property
    def covariance(self) -> np.ndarray:
        """[channels, channels]."""
        return self.products / self.count - np.outer(self.means, self.means)


def read_recording(
    path: Path | str, sample_rate: int = SAMPLE_RATE, peak_dbfs: float | None = PEAK_DBFS, tell: Tell = unheard
) -> np.ndarray:
    """Waveform [samples] float32 at one rate, as `read_at_rates` reads it at several."""
    return read_at_rates(path, [sample_rate], peak_dbfs, tell)[sample_rate]


def read_at_rates(
    path: Path | str, sample_rates: Iterable[int], peak_dbfs: float | None = PEAK_DBFS, tell: Tell = unheard
) -> dict[int, np.ndarray]:
    """Sample rate (Hz) -> waveform [samples] float32 of the mean of the channels; the file is decoded once.

    It is decoded a second time where the mean is not what sounds: channels that cancel each other are turned around
    first, and a constant offset is taken off.

    peak_dbfs : level that each waveform's loudest sample is brought to, so that a clipped or a soft recording differs
        only in what it sounds like; None keeps the file's level. Silence, and what is below -80 dB of full scale in a
        file of whole numbers, is silence: zeros.
    tell : is called with each thing that was repaired

    DataError for a file that is unreadable or empty, is no sound, or has samples that are not finite.
    """
    rates = list(dict.fromkeys(sample_rates))
    plain = Downmix(None)
    with opened(path) as stream:
        waveforms, moments = _resampled(path, stream, rates, plain, tell)
        exact, seconds = stream.exact, moments.count / stream.rate
    downmix = _better(moments, seconds, exact, tell)
    if downmix is not None:
        with opened(path) as stream:
            waveforms, moments = _resampled(path, stream, rates, downmix, unheard)
    if max(-moments.lowest, moments.highest) <= (EXACT_SILENCE_PEAK if exact else SILENCE_PEAK):
        waveforms = {rate: np.zeros_like(waveform) for rate, waveform in waveforms.items()}
    for waveform in waveforms.values():
        waveform *= _factor(waveform, peak_dbfs)  # in place, since an hour is a gigabyte
    return waveforms


def peak_normalised(waveform: np.ndarray, peak_dbfs: float | None = PEAK_DBFS) -> np.ndarray:
    """Waveform [samples] scaled so that its peak is at `peak_dbfs` dB; silence and None leave the level alone.

    The paper on dynamics (docs/dynamics.md) states -1 dB; its released code does not scale.
    """
    return waveform * _factor(waveform, peak_dbfs)


def _factor(waveform: np.ndarray, peak_dbfs: float | None) -> float:
    peak = max(float(waveform.max(initial=0.0)), -float(waveform.min(initial=0.0)))
    return 1.0 if peak_dbfs is None or peak == 0 else 10 ** (peak_dbfs / 20) / peak


def _resampled(
    path: Path | str, stream: SoundStream, rates: list[int], downmix: Downmix, tell: Tell
) -> tuple[dict[int, np.ndarray], Moments]:
    """One channel at each rate, a block at a time so that only these are held, and the moments of the channels."""
    resamplers = {rate: soxr.ResampleStream(stream.rate, rate, 1, dtype="float32") for rate in rates}
    parts: dict[int, list[np.ndarray]] = {rate: [] for rate in rates}
    moments = Moments(0, np.zeros(stream.channels), np.zeros((stream.channels, stream.channels)))
    for samples in stream.blocks(tell):
        block = np.ascontiguousarray(samples.T)  # [channels, n]: NumPy is slow over an axis of a few numbers
        _check_samples(path, block, moments.count, stream.rate)
        mono = downmix.of(block)
        moments.add(block, mono)
        for rate in rates:
            parts[rate].append(resamplers[rate].resample_chunk(mono))
    for rate in rates:
        parts[rate].append(resamplers[rate].resample_chunk(np.zeros(0, dtype=np.float32), last=True))
    return {rate: np.concatenate(parts.pop(rate)) for rate in rates}, moments


def _check_samples(path: Path | str, block: np.ndarray, before: int, rate: int) -> None:
    """DataError where samples [channels, n], `before` of which came earlier, are not numbers that a sound may have."""
    if block.min() >= -LARGEST and block.max() <= LARGEST:  # not for what is no number
        return
    largest = np.abs(block).max(axis=0)
    usable = largest <= LARGEST
    if not usable.all():
        first = int(np.argmin(usable))
        what = f"as large as {largest[first]:.0e}" if np.isfinite(largest[first]) else "not finite numbers"
        problem = f"it has samples that are {what}, the first at {(before + first) / rate:.2f} s"
        raise DataError(path, problem, "export it again; an effect or a conversion that fails writes such samples")


def _better(moments: Moments, seconds: float, exact: bool, tell: Tell) -> Downmix | None:
    """How the channels become one where their plain mean loses the sound or is not centred; None where it serves."""
    if seconds < SHORTEST_SECONDS:
        return None
    weights = _aligned_weights(moments)
    if weights is not None:
        problem = "its channels cancel each other (one has the opposite polarity)"
        tell(Repair(problem, "that one is turned around before the mean is taken", "none needed"))
        offset = float(weights @ moments.means)
        return Downmix(weights, offset)
    offset = float(moments.means.mean())
    peak = max(moments.highest - offset, offset - moments.lowest)
    if abs(offset) <= max(OFFSET_SHARE * peak, 0.0 if exact else SILENCE_PEAK):
        return None
    if abs(offset) > TOLD_OFFSET_SHARE * peak:
        problem = f"it has a constant offset of {offset:.3f} of full scale"
        tell(Repair(problem, "that is taken off", "none needed"))
    return Downmix(None, offset)


def _aligned_weights(moments: Moments) -> np.ndarray | None:
    """Weights of the mean of channels of which those that run against the loudest are turned around.

    None where the plain mean keeps enough of the power: with equally loud stereo, up to a correlation of -0.6.
    """
    covariance = moments.covariance
    channels = len(covariance)
    plain = np.full(channels, 1 / channels)
    against = covariance[int(np.argmax(np.diag(covariance)))] < 0
    turned = np.where(against, -plain, plain)
    if plain @ covariance @ plain >= LEAST_KEPT * (turned @ covariance @ turned):
        return None
    return turned
