"""`percepiano where`: every score of a finished run can be read, on a terminal of the usual width too."""

from __future__ import annotations

from pathlib import Path

import pytest

from percepiano_core.cli.where_command import where

SPLITS = ("performer", "segment", "segment_clean", "player_clean", "both", "both_diagonal", "work")
MODEL = "Weighted average (Gaussian process, ExtraTrees, Bi-LSTM with descriptors)"


def test_every_score_is_readable_in_eighty_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    scores = [f"-0.{number}1" for number in range(10, 17)]
    rows = [f'{split},"{MODEL}",clean,{score}4,synthetic' for split, score in zip(SPLITS, scores, strict=True)]
    (tmp_path / "results").mkdir()
    (tmp_path / "results/table3.csv").write_text("\n".join(["split,model,labels,r2,status", *rows]) + "\n")
    where(tmp_path)
    printed = capsys.readouterr().out
    assert all(score in printed for score in scores)
    assert all(word in printed for word in ["Weighted", "ExtraTrees,", "descriptors)", "clean", "work"])
    assert "…" not in printed
