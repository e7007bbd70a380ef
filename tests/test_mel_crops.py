"""Crops, normalising and statistics of spectrograms."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_mel_cache import PIANO, made_up

from percepiano_core.audio.mel_cache.ast16k import kaldi_log_mel
from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.crops import (
    PUBLISHED_PADDING,
    centre_start,
    covering_starts,
    crop_weights,
    fill_batch,
    fill_stored_batch,
    random_starts,
    widen_normalised,
)
from percepiano_core.audio.mel_cache.front_ends import front_end
from percepiano_core.audio.mel_cache.mel_statistics import QUANTILES, mel_statistics, statistic_names, statistics_of
from percepiano_core.audio.mel_cache.normalisation import (
    AUDIOSET,
    MelNormalisation,
    fit_normalisation,
    read_normalisation,
    write_normalisation,
)
from percepiano_core.audio.mel_cache.shard import write_shard
from percepiano_core.errors import UserError

lengths = st.integers(1, 300)


@given(frames=st.integers(0, 2000), length=lengths)
def test_covering_crops_hold_every_frame_and_the_last_is_flush_right(frames: int, length: int) -> None:
    starts = covering_starts(frames, length)
    weights = crop_weights(frames, length, starts)
    covered = np.zeros(frames, int)
    for start, weight in zip(starts, weights, strict=True):
        covered[start : start + length] += 1
        assert start >= 0 and (weight == length or len(starts) == 1)
    assert np.all(covered >= 1)
    assert weights.sum() == covered.sum(), "every frame counts once for each crop that it is in"
    assert frames <= length or starts[-1] + length == frames
    assert np.all(np.diff(starts) > 0) and np.all(np.diff(starts) <= max(length // 2, 1))


@given(frames=st.integers(0, 2000), length=lengths)
def test_crops_one_after_the_other_weigh_as_many_frames_as_there_are(frames: int, length: int) -> None:
    whole = frames - frames % length if frames > length else frames
    assert crop_weights(whole, length, covering_starts(whole, length, hop=length)).sum() == whole


@given(frames=st.lists(st.integers(0, 2000), min_size=1, max_size=20), length=lengths, seed=st.integers(0, 99))
def test_random_crops_lie_inside(frames: list[int], length: int, seed: int) -> None:
    starts = random_starts(frames, length, np.random.default_rng(seed))
    assert starts.shape == (len(frames),)
    for start, count in zip(starts, frames, strict=True):
        assert 0 <= start <= max(count - length, 0)
        assert 0 <= centre_start(count, length) <= max(count - length, 0)
    np.testing.assert_array_equal(starts, random_starts(frames, length, np.random.default_rng(seed)))


def test_random_crops_begin_anywhere() -> None:
    starts = random_starts([5] * 1000, 3, np.random.default_rng(0))
    assert np.bincount(starts).tolist() == pytest.approx([333, 333, 333], abs=60)


@given(
    values=st.lists(st.floats(-200, 200, width=16), min_size=1, max_size=50),
    mean=st.floats(-100, 10),
    std=st.floats(0.1, 50),
)
def test_single_precision_and_normalising_in_one_step(values: list[float], mean: float, std: float) -> None:
    halves, out = np.array(values, np.float16), np.empty(len(values), np.float32)
    widen_normalised(halves, MelNormalisation(mean=mean, std=std), out)
    np.testing.assert_allclose(out, (halves.astype(np.float64) - mean) / (2 * std), rtol=1e-6, atol=3e-6 * 300 / std)


def test_a_batch_is_normalised_crops_with_silence_behind_what_is_short() -> None:
    normalisation = MelNormalisation(mean=-40.0, std=10.0)
    mels = [made_up("", frames).mel.astype(np.float16) for frames in (50, 20, 7)]
    out = np.full((3, 20, 128), np.nan, np.float32)
    assert fill_batch(mels, [13, 0, 0], normalisation, -100.0, out) is out
    np.testing.assert_allclose(out[0], normalisation(mels[0][13:33]), atol=1e-6)
    np.testing.assert_allclose(out[1], normalisation(mels[1]), atol=1e-6)
    np.testing.assert_allclose(out[2, :7], normalisation(mels[2]), atol=1e-6)
    assert np.all(out[2, 7:] == -3), "(-100 + 40) / 20"
    stored = fill_stored_batch(mels, [13, 0, 0], -100.0, np.empty((3, 20, 128), np.float16))
    np.testing.assert_allclose(normalisation(stored), out, atol=1e-6)


def test_published_weights_are_padded_before_normalising(shared: Path) -> None:
    golden = np.load(shared / "golden" / "audio" / "fbank16k.npz")
    for signal in ("tone", "noise"):
        mel = kaldi_log_mel(golden[f"wave_{signal}"]).astype(np.float16)
        out = np.empty((1, 128, 128), np.float32)
        fill_batch([mel], [0], AUDIOSET, PUBLISHED_PADDING, out)
        np.testing.assert_allclose(out[0], golden[f"input128_{signal}"], atol=1e-3)
        assert out[0, 127, 0] == pytest.approx(4.2677393 / (2 * 4.5689974), abs=1e-6)


@pytest.fixture
def cache(tmp_path: Path) -> MelCache:
    write_shard(tmp_path / "a.h5", PIANO, "x", (made_up(f"p{n}", 30 + 10 * n, n) for n in range(4)))
    return MelCache([tmp_path / "a.h5"], PIANO)


def test_normalising_is_by_mean_and_twice_the_standard_deviation_of_all_bins(cache: MelCache, tmp_path: Path) -> None:
    normalisation = fit_normalisation(cache, ["p2", "p0"])
    values = np.concatenate([cache.mel("p0", np.float64), cache.mel("p2", np.float64)])
    assert normalisation.mean == pytest.approx(values.mean(), rel=1e-12)
    assert normalisation.std == pytest.approx(values.std(), rel=1e-12)
    assert (normalisation.performances, normalisation.frames) == (2, 80)
    assert normalisation(values).std() == pytest.approx(0.5, rel=1e-4)
    assert fit_normalisation(cache, ["p0", "p2"]) == normalisation
    assert fit_normalisation(cache, ["p0", "p1"]).names_sha256 != normalisation.names_sha256
    write_normalisation(tmp_path / "n.json", normalisation)
    assert read_normalisation(tmp_path / "n.json") == normalisation
    assert json.loads((tmp_path / "n.json").read_text()) == dataclasses.asdict(normalisation)


def test_normalising_does_not_depend_on_performances_of_other_roles(cache: MelCache, tmp_path: Path) -> None:
    mels = [made_up(f"p{n}", 30 + 10 * n, n if n < 2 else 99) for n in range(4)]
    mels[3].mel[:] = 60
    write_shard(tmp_path / "b.h5", PIANO, "x", mels)
    other = MelCache([tmp_path / "b.h5"], PIANO)
    assert fit_normalisation(other, ["p0", "p1"]) == fit_normalisation(cache, ["p0", "p1"])
    assert fit_normalisation(other, cache.names) != fit_normalisation(cache, cache.names)


def test_there_is_something_to_normalise_by(tmp_path: Path, cache: MelCache) -> None:
    with pytest.raises(UserError, match="piano22k: 0 performances of the train role have no sound"):
        fit_normalisation(cache, [])
    silent = dataclasses.replace(made_up("p", 10), mel=np.full((10, 128), -100.0))
    write_shard(tmp_path / "s.h5", PIANO, "x", [silent])
    with pytest.raises(UserError, match="no sound to normalise by"):
        fit_normalisation(MelCache([tmp_path / "s.h5"], PIANO), ["p"])


def plainly(mel: np.ndarray, log_unit: float, frames_per_second: float) -> list[float]:
    """The statistics as one writes them down."""
    mel = mel.astype(np.float64)
    pooled = np.stack([mel[:, 4 * band : 4 * band + 4].mean(axis=1) for band in range(32)], axis=1)
    power = np.exp(mel / log_unit)
    level = log_unit * np.log(power.mean(axis=1))
    onsets = np.maximum(np.diff(mel, axis=0), 0).mean(axis=1)
    centroid = (power * np.arange(128)).sum(axis=1) / power.sum(axis=1)
    change = np.abs(np.diff(pooled, axis=0)).mean(axis=0)
    values = [*pooled.mean(axis=0), *pooled.std(axis=0), *change]
    values += [np.quantile(pooled[:, band], quantile) for quantile in QUANTILES for band in range(32)]
    for course in (level, onsets, centroid):
        values += [course.mean(), course.std(), *np.quantile(course, QUANTILES)]
    return [*values, *np.quantile(np.diff(level), QUANTILES), len(mel) / frames_per_second]


@pytest.mark.parametrize("name", ["piano22k", "ast16k"])
def test_statistics_are_what_one_writes_down(name: str) -> None:
    front = front_end(name)
    wave = 0.1 * np.random.default_rng(0).normal(size=3 * front.sample_rate) * np.linspace(0, 1, 3 * front.sample_rate)
    mel = front.spectrogram(wave.astype(np.float32))
    expected = plainly(mel, front.log_unit, front.frames_per_second)
    np.testing.assert_allclose(mel_statistics(mel, front), expected, rtol=1e-4, atol=1e-3)


def test_statistics_have_283_names_and_a_row_a_performance(cache: MelCache) -> None:
    names = statistic_names()
    assert len(names) == len(set(names)) == 283
    assert {name.split("_")[0] for name in names} == {"mel"}
    rows, matrix = statistics_of(cache)
    assert rows == cache.names and matrix.shape == (4, 283)
    assert matrix[2, names.index("mel_seconds")] == pytest.approx(50 / PIANO.frames_per_second)
    chosen, part = statistics_of(cache, ["p3", "p1"])
    assert chosen == ("p3", "p1")
    np.testing.assert_array_equal(part, matrix[[3, 1]])
    np.testing.assert_allclose(
        matrix[0, names.index("mel_band03_q50")], np.median(cache.mel("p0")[:, 12:16].mean(axis=1)), rtol=1e-5
    )


def test_statistics_of_a_single_frame_are_numbers() -> None:
    assert np.isfinite(mel_statistics(made_up("", 1).mel, PIANO)).all()
