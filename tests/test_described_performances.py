"""Descriptors of a segment: one performance that cannot be described is a line, the others are described."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from percepiano_core.perception import description


def test_a_performance_that_nobody_foresaw_is_a_line_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    performances = {name: SimpleNamespace(performed=name, alignment=None) for name in ("a/b", "c")}
    segment = SimpleNamespace(score_notes=[1], performances=performances)

    def described(performed: str, alignment: object) -> dict[str, float]:
        return {"raw_notes": 1.0 / (performed == "c")}

    monkeypatch.setattr(description, "read_segment_alignments", lambda path: segment)
    monkeypatch.setattr(description, "performance_descriptors", described)
    rows, lines = description.describe_segment(Path("segment.h5"))
    assert rows == {"c": {"raw_notes": 1.0}}
    assert [(line.stage, line.subject, line.file) for line in lines] == [("features", "a/b", "")]
    assert "ZeroDivisionError" in lines[0].problem
    assert "models see it as missing" in lines[0].consequence
