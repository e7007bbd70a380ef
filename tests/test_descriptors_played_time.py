"""Aligned descriptors of ornaments and of added passages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from descriptor_cases import aligned, performed, score

from percepiano_core.alignment.alignment import Excursion
from percepiano_core.features.descriptors.aligned import aligned_descriptors

LINE = score([(float(i), 1.0, 60 + i % 3) for i in range(24)])
STEADY = [(0.5 * i, 0.5 * i + 0.45, 60 + i % 3, 64) for i in range(24)]
PEDAL = [(0.5 * i + 0.05, 64, 127 * (i % 2)) for i in range(24)]


def test_an_ornament_is_one_note_of_its_length():
    notes = LINE.copy()
    notes["is_ornamented"][10] = True
    strokes = [(5.0, 5.15, 63, 64), (5.15, 5.3, 61, 64), (5.3, 5.45, 60, 64)]
    performance = performed([*STEADY[:10], *strokes, *STEADY[11:]])
    pairs = [(i, i if i < 10 else 11 if i == 10 else i + 2) for i in range(24)]
    ornamented = replace(aligned(notes, performance, pairs), ornament_notes=np.array([[10, 10], [10, 12]]))
    expected = aligned_descriptors(aligned(LINE, performed(STEADY)), performed(STEADY))
    assert aligned_descriptors(ornamented, performance) == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("named", [False, True])
def test_an_added_passage_takes_no_time_of_the_piece(named):
    added = [(6.0 + 0.5 * i, 6.4 + 0.5 * i, 50 + 3 * i, 64) for i in range(8)]
    later = [(on + 4, off + 4, pitch, velocity) for on, off, pitch, velocity in STEADY[12:]]
    pedal = [(sec if sec < 6 else sec + 4, number, value) for sec, number, value in PEDAL]
    busy = [(6.1 + 0.4 * i, 64, 127 * (1 - i % 2)) for i in range(10)]
    performance = performed([*STEADY[:12], *added, *later], sorted([*pedal, *busy]))
    found = aligned(LINE, performance, [(i, i if i < 12 else i + 8) for i in range(24)])
    if named:
        found = replace(found, excursions=(Excursion("extra", "3", "3", (0, 0), (12, 20), (6.0, 9.5)),))
    values = aligned_descriptors(found, performance)
    expected = aligned_descriptors(aligned(LINE, performed(STEADY, PEDAL)), performed(STEADY, PEDAL))
    for name in ("tempo_sd", "tempo_max", "log_seconds_per_quarter", "deviation_abs_sec_mean", "articulation_mean"):
        assert values[name] == pytest.approx(expected[name], abs=1e-9)
    for name in ("matched_notes_per_sec", "sustain_mean", "sustain_presses_per_sec"):
        assert values[name] == pytest.approx(expected[name], rel=0.02)
    assert values["insertion_rate"] == pytest.approx(0 if named else 8 / 32)
