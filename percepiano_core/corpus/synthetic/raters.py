"""Simulated raters: a known truth heard with bias, own use of the scale, and noise, written as the published table is.

The columns and habits are those of `total_2rounds.csv` (docs/ratings.md, "The table of ratings"): integers 1-7, 0 for
"don't know", which reads 8 in the reverse-coded dimensions, rows repeated exactly, and genuine second ratings of one
file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from percepiano_core.corpus.synthetic.music import stream
from percepiano_core.corpus.synthetic.perception import MIDDLE
from percepiano_core.dimensions import DIMENSIONS

COLUMNS = (
    "user",
    "dataID",
    "filename",
    "Question_1_1_1",
    "Question_2_1_1",
    "Question_2_2_1",
    "Question_3_1_1",
    "Question_3_2_1",
    "Question_4_1_1",
    "Question_4_2_1",
    "Question_4_3_1",
    "Question_4_4_1_5_2_1",
    "Question_5_3_1",
    "Question_5_5_1",
    "Question_6_1_1",
    "Question_6_4_1",
    "Question_6_5_1_5_4_1",
    "Question_6_6_1_5_1_1",
    "Question_7_1_1",
    "Question_7_2_1",
    "Question_8_1_1",
    "Question_9_1_1",
    "Question_9_2_1",
    "message",
)
RATERS = tuple(str(user) for user in range(901, 913))  # no number of the real table
FEWEST, MOST = 6, 10  # raters a performance
BIAS_SD, NOISE_SD, GAIN_SD = 0.35, 1.15, 0.12  # points, points, ratio; noise as in the real table (1.29 with bias)
DONT_KNOW_RATE = 0.004  # of the cells
DUPLICATE_RATE, SECOND_RATE, BLANK_RATE = 0.05, 0.03, 0.004  # of the rows
_REVERSED = np.array([dimension.reversed for dimension in DIMENSIONS])


def rating_rows(seed: int, truths: Mapping[str, Mapping[str, float]]) -> list[tuple[str, ...]]:
    """Rows of the ratings table in COLUMNS order; `truths` gives performance -> dimension -> points."""
    habits = {rater: _habits(seed, rater) for rater in RATERS}
    rng = stream(seed, "ratings")
    rows: list[tuple[str, ...]] = []
    for performance, truth in truths.items():
        heard = np.array([truth[dimension.key] for dimension in DIMENSIONS])
        chosen = rng.choice(len(RATERS), int(rng.integers(FEWEST, MOST + 1)), replace=False)
        for rater in (RATERS[i] for i in sorted(chosen)):
            for _ in range(1 + int(rng.random() < SECOND_RATE)):
                row = (rater, str(len(rows) + 2), f"{performance}.wav", *_sheet(heard, *habits[rater], rng), "", "")
                rows += [row] * (1 + int(rng.random() < DUPLICATE_RATE))
    return rows


def _habits(seed: int, rater: str) -> tuple[np.ndarray, float]:
    """Bias [19] in points and gain of one rater."""
    rng = stream(seed, "rater", rater)
    return rng.standard_normal(len(DIMENSIONS)) * BIAS_SD, float(1 + GAIN_SD * rng.standard_normal())


def _sheet(heard: np.ndarray, bias: np.ndarray, gain: float, rng: np.random.Generator) -> Sequence[str]:
    """The 19 answers as the table prints them."""
    if rng.random() < BLANK_RATE:
        return [""] * len(heard)
    points = MIDDLE + gain * (heard - MIDDLE) + bias + NOISE_SD * rng.standard_normal(len(heard))
    answers = np.clip(np.rint(points), 1, 7)
    unsure = rng.random(len(heard)) < DONT_KNOW_RATE
    answers = np.where(unsure, np.where(_REVERSED, 8, 0), answers)
    return [f"{answer:.1f}" for answer in answers]
