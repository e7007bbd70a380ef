"""How loud a spectrum sounds: outer ear, Bark bands, spreading and sone, as in the MA toolbox's `ma_sone`.

Pampalk, "A Matlab toolbox to compute music similarity from audio" (ISMIR 2004), after Zwicker and Fastl,
"Psychoacoustics" (1990); outer ear: Terhardt, "Calculating virtual pitch" (1979); spreading: Schroeder, Atal and Hall,
"Optimizing digital speech coders" (1979); total loudness: Stevens (1956). Formulas: docs/dynamics_inputs.md,
"Bark-scale loudness". Everything up to the band powers is linear in the power spectrum, so that it is one matrix here.
"""

from __future__ import annotations

import numpy as np

# Upper edges of the Bark bands, Hz (Zwicker)
BARK_UPPER_HZ = (
    *(100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720),
    *(2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500, 12000, 15500),
)
EARS = ("terhardt", "modified_terhardt", "none")
REFERENCE_DB = 96.0  # level that full scale stands for
MASKING_OFFSET_BARK = 0.474  # puts the peak of the spreading function at 0 Bark
SONE_KNEE_DB, SONE_DB_PER_DOUBLING, SONE_LOW_EXPONENT = 40.0, 10.0, 2.642
STEVENS_SHARE = 0.15  # of the bands other than the loudest, in the total loudness


def outer_ear_db(frequency_hz: np.ndarray, ear: str = "terhardt") -> np.ndarray:
    """Transmission of the outer ear in dB at frequencies above 0 Hz; `ear` is one of EARS."""
    khz = np.asarray(frequency_hz, dtype=np.float64) / 1000
    resonance = np.exp(-0.6 * (khz - 3.3) ** 2)
    if ear == "terhardt":
        return -3.64 * khz**-0.8 + 6.5 * resonance - 0.001 * khz**4
    if ear == "modified_terhardt":
        return -3.64 * 0.6 * khz**-0.8 + 0.5 * resonance - 0.001 * khz**4
    if ear == "none":
        return np.zeros_like(khz)
    raise ValueError(f"ear is {ear!r}; it must be one of {', '.join(EARS)}")


def spreading(bands: int) -> np.ndarray:
    """How much power [i, j] band i receives from band j: about -10 dB a Bark upward and +25 dB a Bark downward."""
    bark = np.arange(bands)
    distance = bark[:, None] - bark[None, :] + MASKING_OFFSET_BARK
    return 10 ** ((15.81 + 7.5 * distance - 17.5 * np.sqrt(1 + distance**2)) / 10)


def band_count(sample_rate: int, partial_band: bool) -> int:
    """Bark bands that lie below half the sampling rate; with `partial_band` also the one that half the rate cuts."""
    whole = sum(upper <= sample_rate / 2 for upper in BARK_UPPER_HZ)
    return min(whole + partial_band, len(BARK_UPPER_HZ))


def band_membership(sample_rate: int, n_fft: int, bands: int) -> np.ndarray:
    """Which bins of the half spectrum belong to each band: [bands, n_fft // 2 + 1] of 0 and 1.

    A band holds the bins above the edge below it, up to and with its own edge; bin 0 belongs to the first band.
    """
    frequency = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
    band = np.searchsorted(BARK_UPPER_HZ, frequency, side="left")
    return (band[None, :] == np.arange(bands)[:, None]).astype(np.float64)


def band_power_matrix(
    sample_rate: int, n_fft: int, ear: str = "terhardt", partial_band: bool = False, dc_weight: float = 1.0
) -> np.ndarray:
    """Matrix [bands, n_fft // 2 + 1] from a power spectrum to the power that excites each Bark band."""
    frequency = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
    ear_power = np.full(len(frequency), dc_weight)
    ear_power[1:] = 10 ** (outer_ear_db(frequency[1:], ear) / 10)
    bands = band_count(sample_rate, partial_band)
    return spreading(bands) @ (band_membership(sample_rate, n_fft, bands) * ear_power)
