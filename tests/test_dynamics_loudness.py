"""Bark-scale loudness and log-mel: equal to the golden vectors, and well behaved on what recordings contain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percepiano_core.dynamics.inputs import spectrum
from percepiano_core.dynamics.inputs.curves import loudness_channels
from percepiano_core.dynamics.inputs.inputs import KINDS
from percepiano_core.dynamics.inputs.log_mel import log_mel
from percepiano_core.dynamics.inputs.loudness import MODES, bark_loudness, sone, total_loudness
from percepiano_core.dynamics.inputs.psychoacoustics import band_count, band_membership, outer_ear_db, spreading
from percepiano_core.dynamics.inputs.spectrum import N_FFT, frame_count, hann, power_spectra
from percepiano_core.sound.recording import peak_normalised

HOPS = {22050: 441, 44100: 512}
SIGNALS = ("sine1k", "sine100_ramp", "chord", "lcg", "impulse", "zeros")


def signal(name: str, rate: int) -> np.ndarray:
    """One second of a golden signal (tests/data/README.md)."""
    t = np.arange(rate) / rate
    if name == "sine1k":
        return 0.5 * np.sin(2 * np.pi * 1000 * t)
    if name == "sine100_ramp":
        return 0.8 * t * np.sin(2 * np.pi * 100 * t)
    if name == "chord":
        partials = ((220, 0), (277.18, 0.3), (329.63, 0.7), (1760, 1.1))
        return np.exp(-1.5 * t) * sum(0.15 * np.sin(2 * np.pi * f * t + p) for f, p in partials)
    if name == "lcg":
        return _noise(rate)
    return (np.arange(rate) == rate // 2).astype(float) * (name == "impulse")


def _noise(samples: int) -> np.ndarray:
    state, values = 12345, []
    for _ in range(samples):
        state = (1664525 * state + 1013904223) % 2**32
        values.append(0.2 * (state / 2**32 - 0.5))
    return np.array(values)


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-3), (np.float64, 1e-5)])
@pytest.mark.parametrize("mode", ["paper", "ma"])
@pytest.mark.parametrize("rate", HOPS)
def test_loudness_equals_the_golden_vectors(
    golden: Path, rate: int, mode: str, dtype: type[np.floating], tolerance: float
) -> None:
    vectors = np.load(golden / "dynamics" / "bssl_vectors.npz")
    for name in SIGNALS:
        key = f"{name}__{rate}__{mode}"
        loudness = bark_loudness(signal(name, rate), rate, HOPS[rate], mode, dtype=dtype)
        for found, expected in ((loudness.sone, "sone"), (loudness.total, "ntot")):
            known = vectors[f"{key}_{expected}"]
            assert found.shape == known.shape and found.dtype == dtype
            assert np.abs(found - known).max() < tolerance, (key, expected)


def test_constants_equal_the_golden_ones(golden: Path) -> None:
    constants = np.load(golden / "dynamics" / "bssl_constants.npz")
    frequency = np.arange(1, 513) * 22050 / 1024
    assert 10 ** (outer_ear_db(frequency) / 10) == pytest.approx(
        constants["terhardt_power_weight_22050"][1:], rel=1e-12
    )
    assert spreading(22) == pytest.approx(constants["spread22"], rel=1e-12)
    bins = band_membership(22050, 1024, 22).sum(axis=1)
    assert bins.tolist() == constants["bins_per_band_22050"].tolist()


def test_scalar_facts_of_the_ear() -> None:
    assert outer_ear_db(np.array([100.0, 1000, 3300, 8000])) == pytest.approx(
        [-22.9529, -3.36907, 4.98088, -4.78564], abs=5e-5
    )
    assert spreading(22)[[0, 1, 0], [0, 0, 1]] == pytest.approx([0.99968021, 0.37102121, 0.16187264], abs=1e-8)
    levels = np.array([0.0, 20, 40, 50, 60, 96])
    assert sone(levels).tolist() == pytest.approx([0, 0.160206, 1, 2, 4, 48.50293], abs=1e-5)
    assert total_loudness(np.array([[3.0], [1.0], [2.0]])).tolist() == pytest.approx([3.45])


@pytest.mark.parametrize("rate, whole, partial", [(22050, 22, 23), (44100, 24, 24), (16000, 21, 22), (11025, 19, 20)])
def test_bands_follow_the_sampling_rate(rate: int, whole: int, partial: int) -> None:
    assert (band_count(rate, partial_band=False), band_count(rate, partial_band=True)) == (whole, partial)


def test_a_minute_at_the_networks_rate_is_22_by_3001() -> None:
    assert bark_loudness(np.zeros(60 * 22050, dtype=np.float32)).sone.shape == (22, 3001)


@pytest.mark.parametrize("mode", ["paper", "ma"])
@pytest.mark.parametrize("samples", [1, 300, 512, 513, 1023, 1024, 5000])
def test_a_recording_shorter_than_a_window_has_finite_frames(samples: int, mode: str) -> None:
    loudness = bark_loudness(np.full(samples, 0.5), mode=mode)
    frames = frame_count(samples, 441, MODES[mode].centred)
    assert loudness.sone.shape == ({"paper": 22, "ma": 23}[mode], frames) and frames >= 1
    assert np.isfinite(loudness.sone).all()


@pytest.mark.parametrize("block", [1, 3, 256])
@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("samples", [1, 513, 1024, 4 * 441, 4 * 441 + 500, 5000])
def test_power_spectra_are_those_of_the_mirrored_waveform(
    samples: int, centred: bool, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spectrum, "BLOCK_FRAMES", block)
    waveform = np.random.default_rng(samples).normal(size=samples)
    half = N_FFT // 2
    padded = np.pad(waveform, (0, max((half + 1 if centred else N_FFT) - samples, 0)))
    padded = np.pad(padded, half, mode="reflect") if centred else padded
    starts = 441 * np.arange(frame_count(samples, 441, centred))
    window = hann(periodic=True)
    expected = np.abs(np.fft.rfft([padded[at : at + N_FFT] * window for at in starts])) ** 2
    found = list(power_spectra(waveform, window, 441, centred))
    assert {len(each) for each in found[:-1]} <= {block}
    assert np.concatenate(found) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(gain=st.floats(0.05, 0.95), seed=st.integers(0, 1000))
def test_a_quieter_recording_is_nowhere_louder(gain: float, seed: int) -> None:
    waveform = np.random.default_rng(seed).uniform(-1, 1, 4000).astype(np.float32)
    assert (bark_loudness(np.float32(gain) * waveform).sone <= bark_loudness(waveform).sone + 1e-4).all()


def test_peak_normalisation_sets_the_level_and_leaves_silence() -> None:
    assert np.abs(peak_normalised(np.array([0.1, -0.2]))).max() == pytest.approx(10 ** (-1 / 20))
    assert peak_normalised(np.zeros(3)).tolist() == [0, 0, 0]
    assert peak_normalised(np.array([2.0]), None).tolist() == [2.0]


def test_log_mel_equals_the_golden_spectrogram(golden: Path) -> None:
    expected = np.load(golden / "dynamics" / "logmel_chord_22050.npz")["logmel"]
    found = log_mel(signal("chord", 22050))
    assert found.shape == expected.shape and found.dtype == np.float32
    audible = expected > -80  # single precision: the far ends of the window's side lobes differ below that
    assert np.abs(found - expected)[audible].max() < 5e-2
    exact = log_mel(signal("chord", 22050), dtype=np.float64)
    assert np.abs(exact - expected).max() < 1e-2


def test_each_kind_of_input_is_computed_as_documented() -> None:
    expected = {
        "bssl": lambda waveform: bark_loudness(waveform, 22050, 441, "paper").sone,
        "logmel": lambda waveform: log_mel(waveform, 22050),
        "curves8": lambda waveform: loudness_channels(bark_loudness(waveform, 44100, 512, "ma").total.astype(float)),
    }
    assert list(expected) == list(KINDS)
    for name, kind in KINDS.items():
        waveform = signal("chord", kind.sample_rate).astype(np.float32)
        assert np.array_equal(kind.compute(waveform), expected[name](waveform)), name
