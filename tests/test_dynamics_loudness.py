"""Bark-scale loudness and log-mel: equal to the golden vectors, and well behaved on what recordings contain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs the torch extra")

import torch

from percepiano_core.dynamics.inputs.log_mel import LogMelExtractor
from percepiano_core.dynamics.inputs.loudness import PsychoFeatureExtractor, sone, total_loudness
from percepiano_core.dynamics.inputs.psychoacoustics import band_count, band_membership, outer_ear_db, spreading
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


@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 1e-3), (torch.float64, 1e-5)])
@pytest.mark.parametrize("mode", ["paper", "ma"])
@pytest.mark.parametrize("rate", HOPS)
def test_loudness_equals_the_golden_vectors(
    golden: Path, rate: int, mode: str, dtype: torch.dtype, tolerance: float
) -> None:
    vectors = np.load(golden / "dynamics" / "bssl_vectors.npz")
    extractor = PsychoFeatureExtractor(rate, HOPS[rate], mode, dtype=dtype)
    loudness = extractor(torch.from_numpy(np.stack([signal(name, rate) for name in SIGNALS])))
    for row, name in enumerate(SIGNALS):
        key = f"{name}__{rate}__{mode}"
        for found, expected in ((loudness.sone[row], "sone"), (loudness.total[row], "ntot")):
            known = vectors[f"{key}_{expected}"]
            assert found.shape == known.shape
            assert np.abs(found.numpy() - known).max() < tolerance, (key, expected)


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
    levels = torch.tensor([0.0, 20, 40, 50, 60, 96], dtype=torch.float64)
    assert sone(levels).tolist() == pytest.approx([0, 0.160206, 1, 2, 4, 48.50293], abs=1e-5)
    assert total_loudness(torch.tensor([[[3.0], [1.0], [2.0]]])).item() == pytest.approx(3.45)


@pytest.mark.parametrize("rate, whole, partial", [(22050, 22, 23), (44100, 24, 24), (16000, 21, 22), (11025, 19, 20)])
def test_bands_follow_the_sampling_rate(rate: int, whole: int, partial: int) -> None:
    assert (band_count(rate, partial_band=False), band_count(rate, partial_band=True)) == (whole, partial)


def test_a_minute_at_the_networks_rate_is_22_by_3001() -> None:
    assert PsychoFeatureExtractor()(torch.zeros(60 * 22050)).sone.shape == (1, 22, 3001)


@pytest.mark.parametrize("mode", ["paper", "ma"])
@pytest.mark.parametrize("samples", [1, 300, 512, 513, 1023, 1024, 5000])
def test_a_recording_shorter_than_a_window_has_finite_frames(samples: int, mode: str) -> None:
    extractor = PsychoFeatureExtractor(mode=mode)
    loudness = extractor(torch.full((2, samples), 0.5))
    assert loudness.sone.shape == (2, extractor.bands, extractor.frame_count(samples))
    assert torch.isfinite(loudness.sone).all()


@settings(max_examples=20, deadline=None)
@given(gain=st.floats(0.05, 0.95), seed=st.integers(0, 1000))
def test_a_quieter_recording_is_nowhere_louder(gain: float, seed: int) -> None:
    waveform = torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, 4000)).float()
    extractor = PsychoFeatureExtractor()
    assert (extractor(gain * waveform).sone <= extractor(waveform).sone + 1e-4).all()


def test_a_batch_equals_its_items_one_by_one() -> None:
    batch = torch.from_numpy(np.stack([signal("chord", 22050), signal("sine1k", 22050)])).float()
    extractor = PsychoFeatureExtractor()
    for row, waveform in enumerate(batch):
        assert torch.allclose(extractor(batch).sone[row], extractor(waveform).sone[0], atol=1e-5)


def test_peak_normalisation_sets_the_level_and_leaves_silence() -> None:
    assert np.abs(peak_normalised(np.array([0.1, -0.2]))).max() == pytest.approx(10 ** (-1 / 20))
    assert peak_normalised(np.zeros(3)).tolist() == [0, 0, 0]
    assert peak_normalised(np.array([2.0]), None).tolist() == [2.0]


def test_log_mel_equals_the_golden_spectrogram(golden: Path) -> None:
    expected = np.load(golden / "dynamics" / "logmel_chord_22050.npz")["logmel"]
    found = LogMelExtractor()(torch.from_numpy(signal("chord", 22050)).float())[0]
    assert found.shape == expected.shape
    audible = expected > -80  # single precision: the far ends of the window's side lobes differ below that
    assert np.abs(found.numpy() - expected)[audible].max() < 5e-2
    exact = LogMelExtractor(dtype=torch.float64)(torch.from_numpy(signal("chord", 22050)))[0]
    assert np.abs(exact.numpy() - expected).max() < 1e-2
