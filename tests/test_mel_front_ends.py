"""Log-mel front ends: the published values, levels, and what is refused. Expected values: shared/golden/audio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from percepiano_core.audio.mel_cache import ast16k, piano22k
from percepiano_core.audio.mel_cache.front_ends import FRONT_ENDS, front_end, mel_of_recording, mel_of_waveform
from percepiano_core.audio.mel_cache.mel_bands import band_powers, grouped
from percepiano_core.errors import DataError, UserError

SIGNALS = ("tone", "chirp", "noise")
PIANO = front_end("piano22k")


@pytest.fixture(scope="module")
def fbank(shared: Path) -> dict[str, np.ndarray]:
    return dict(np.load(shared / "golden" / "audio" / "fbank16k.npz"))


@pytest.fixture(scope="module")
def piano(shared: Path) -> dict[str, np.ndarray]:
    return dict(np.load(shared / "golden" / "audio" / "piano22k.npz"))


def noise(seconds: float, sample_rate: int = 22050) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).normal(size=round(seconds * sample_rate))).astype(np.float32)


@pytest.mark.parametrize("signal", SIGNALS)
def test_ast16k_equals_kaldi(fbank: dict[str, np.ndarray], signal: str) -> None:
    wave, exact = fbank[f"wave_{signal}"], fbank[f"fbank64_{signal}"]
    single = ast16k.kaldi_log_mel(wave)
    assert single.shape == (98, 128) and single.dtype == np.float32
    np.testing.assert_allclose(ast16k.kaldi_log_mel(wave, np.float64), exact, rtol=0, atol=1e-5)
    np.testing.assert_allclose(single, exact, rtol=0, atol=1e-2)
    # the released code takes the mean of the clip off: nothing changes but the rounding, of both
    np.testing.assert_allclose(single, fbank[f"fbank_{signal}_dm"], rtol=0, atol=2e-2)
    assert np.all(single[:, 3] == np.float32(-15.942385)), "a band without bins"


def test_ast16k_has_the_published_bands_and_values(fbank: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(ast16k.mel_matrix(), fbank["mel_bank"], rtol=0, atol=1e-6)
    tone = ast16k.kaldi_log_mel(fbank["wave_tone"], np.float64)
    np.testing.assert_allclose(tone[0, :3], [-12.93351, -15.942385, -13.330731], atol=1e-5)
    assert ast16k.kaldi_log_mel(fbank["wave_noise"], np.float64).mean() == pytest.approx(-4.676223, abs=1e-5)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (399, 0), (400, 1), (16000, 98), (164080, 1024)])
def test_ast16k_frames_lie_inside_the_recording(samples: int, frames: int) -> None:
    assert ast16k.kaldi_log_mel(np.zeros(samples, np.float32)).shape == (frames, 128)


@pytest.mark.parametrize("signal", SIGNALS)
def test_piano22k_equals_librosa(piano: dict[str, np.ndarray], signal: str) -> None:
    wave, power, decibel = piano[f"wave_{signal}"], piano[f"power_{signal}"].T, piano[f"db_{signal}"].T
    np.testing.assert_allclose(piano22k.fixed_reference(wave, np.float64), decibel, rtol=0, atol=1e-3)
    single = piano22k.fixed_reference(wave)
    assert single.shape == (44, 128) and single.dtype == np.float32
    np.testing.assert_allclose(piano22k.mel_power(wave), power, rtol=0, atol=2.5e-7 * power.max())
    # single precision: what is 85 dB below the loudest bin is exact to 0.002 dB, what is below that to 0.2
    loud = decibel > decibel.max() - 85
    np.testing.assert_allclose(single[loud], decibel[loud], rtol=0, atol=2e-3)
    np.testing.assert_allclose(single, decibel, rtol=0, atol=0.2)


def test_piano22k_has_the_published_bands_and_values(piano: dict[str, np.ndarray]) -> None:
    np.testing.assert_array_equal(piano22k.mel_matrix(), piano["mel_bank"])
    assert piano22k.mel_matrix().sum() == pytest.approx(11.886681, abs=1e-5)
    assert piano22k.fixed_reference(piano["wave_tone"], np.float64)[20, 10] == pytest.approx(-68.72037, abs=1e-3)
    assert piano22k.fixed_reference(piano["wave_noise"]).mean() == pytest.approx(-18.501776, abs=1e-3)
    assert np.all(piano22k.fixed_reference(np.zeros(22050, np.float32)) == -100)


@pytest.mark.parametrize("samples", [2048, 22050, 256 * 512 - 1, 256 * 512, 161000])
def test_piano22k_is_the_same_across_blocks(samples: int) -> None:
    wave = noise(samples / 22050)
    padded = np.pad(wave.astype(np.float64), 1024)
    framed = np.lib.stride_tricks.sliding_window_view(padded, 2048)[::512] * np.hanning(2049)[:-1]
    power = np.abs(np.fft.rfft(framed)) ** 2 @ piano22k.mel_matrix().T
    assert power.shape == (1 + samples // 512, 128)
    np.testing.assert_allclose(piano22k.mel_power(wave), power, rtol=0, atol=2.5e-7 * power.max())


def test_half_the_level_is_6_db_less_unless_the_file_is_its_own_reference() -> None:
    wave = noise(1.0)
    loud, soft = piano22k.fixed_reference(wave), piano22k.fixed_reference(wave / 2)
    np.testing.assert_allclose(soft, loud - 6.0206, atol=1e-4)
    peak = front_end("piano22k_peak")
    np.testing.assert_allclose(peak.spectrogram(wave / 2), peak.spectrogram(wave), atol=1e-4)
    assert peak.spectrogram(wave).max() == 0 and peak.spectrogram(wave).min() >= peak.silence
    in_nepers = front_end("ast16k").spectrogram(wave)
    np.testing.assert_allclose(
        front_end("ast16k").spectrogram(wave / 2)[:, 4:], in_nepers[:, 4:] - np.log(4), atol=1e-3
    )


def test_digests_tell_front_ends_apart_and_are_kept() -> None:
    """A change of what a front end computes needs a new version; one of its parameters gives a new digest itself."""
    digests = {name: each.digest for name, each in FRONT_ENDS.items()}
    assert digests == {"piano22k": "cc4e69fd3737", "ast16k": "6262f90d2841", "piano22k_peak": "cf6104b0f265"}
    assert PIANO.frames_per_second == pytest.approx(43.066, abs=1e-3)
    assert front_end("ast16k").frames_per_second == 100
    with pytest.raises(UserError, match="piano44k: there is no such front end; use piano22k, ast16k, piano22k_peak"):
        front_end("piano44k")


def test_groups_of_bands_are_the_matrix() -> None:
    rng = np.random.default_rng(0)
    matrix = np.where(rng.random((20, 50)) < 0.1, rng.random((20, 50)), 0)
    matrix[8:16] = 0  # a group without bins
    power, out = rng.random((7, 50)), np.empty((7, 20))
    band_powers(power, grouped(matrix), out)
    np.testing.assert_allclose(out, power @ matrix.T, atol=1e-12)


@pytest.mark.parametrize(
    ("waveform", "sample_rate", "message"),
    [
        (np.zeros(44100, np.float32), 44100, "has 44100 samples a second, and piano22k takes 22050"),
        (np.zeros(2047, np.float32), 22050, "is too short: 2047 samples, and a frame of piano22k is 2048"),
        (
            np.r_[np.zeros(22050), np.nan].astype(np.float32),
            22050,
            "has samples that are not finite numbers, the first at 1.00 s",
        ),
        (
            np.r_[np.zeros(22050), -np.inf].astype(np.float32),
            22050,
            "has samples that are not finite numbers, the first at 1.00 s",
        ),
        (np.zeros((22050, 2), np.float32), 22050, r"is float32 of shape \[22050, 2\], no waveform of one channel"),
        (np.zeros(22050, np.int16), 22050, "is int16 of shape"),
    ],
)
def test_a_waveform_that_is_none_is_told_in_one_line(waveform: np.ndarray, sample_rate: int, message: str) -> None:
    with pytest.raises(DataError, match=f"a.wav: it {message}") as caught:
        mel_of_waveform(waveform, sample_rate, PIANO, "a.wav")
    assert "\n" not in str(caught.value)


def test_a_recording_keeps_its_level_whatever_its_rate(tmp_path: Path) -> None:
    times = np.arange(44100) / 44100
    tone = (0.25 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    soundfile.write(tmp_path / "stereo.wav", np.stack([tone, tone], axis=1), 44100)
    mel = mel_of_recording(tmp_path / "stereo.wav", PIANO)
    direct = mel_of_waveform(tone[::2].copy(), 22050, PIANO)
    middle = slice(10, 30)
    np.testing.assert_allclose(mel[middle].max(axis=1), direct[middle].max(axis=1), atol=0.05)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(22050), "it is silent throughout"),
        (np.full(22050, 1e-6), "it is silent throughout"),
        (0.1 * np.ones(1000) * np.sign(np.sin(np.arange(1000))), "it is too short"),
        (np.r_[0.1 * np.sin(np.arange(22050)), np.nan], "it has samples that are not finite numbers"),
    ],
)
def test_a_recording_without_music_is_told_in_one_line(tmp_path: Path, samples: np.ndarray, message: str) -> None:
    subtype = "PCM_16" if np.isfinite(samples).all() else "FLOAT"
    soundfile.write(tmp_path / "a.wav", samples, 22050, subtype=subtype)
    with pytest.raises(DataError, match=message) as caught:
        mel_of_recording(tmp_path / "a.wav", PIANO)
    assert str(caught.value).startswith(f"{tmp_path / 'a.wav'}: ") and "\n" not in str(caught.value)
