"""Figures published for the benchmark, and whether one may stand beside ours.

The figures are in `published_results.data.csv`: split and model by our names (the published "piece split" is our
`segment`), dimension "all" for the mean of the 19, source, why the figure is not comparable (empty if it is), a note.
The paper itself was not at hand; the figures are as quoted elsewhere (docs/released_code.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from percepiano_core.table_io import read_rows

DATA = Path(__file__).with_name("published_results.data.csv")
COLUMNS = ("split", "model", "dimension", "r2", "mse", "source", "not_comparable", "note")
ALL_DIMENSIONS = "all"
PUBLISHED_LABELS = "published"
NOT_PUBLISHED = "no: nothing published for this row"


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """A published score: NaN where only the other was given; `not_comparable` says why, empty if it is comparable."""

    r2: float
    mse: float
    source: str
    not_comparable: str
    note: str


@cache
def published_results() -> dict[tuple[str, str, str], PublishedResult]:
    """All published figures by (split, model, dimension)."""
    return {(row["split"], row["model"], row["dimension"]): _result(row) for row in read_rows(DATA, COLUMNS)}


def published_beside(
    split: str, model: str, labels: str, synthetic: bool, dimension: str = ALL_DIMENSIONS
) -> tuple[float, float, str]:
    """Published R2 and MSE for a row of ours (NaN if there is none), and "yes" or "no: why" on comparing them.

    A figure is comparable only where split, labels and metric are the same; beside scores on a synthetic corpus it is
    left out altogether.
    """
    found = published_results().get((split, model, dimension))
    if synthetic:
        return float("nan"), float("nan"), "no: the corpus is synthetic"
    if found is None:
        return float("nan"), float("nan"), NOT_PUBLISHED
    reasons = [found.not_comparable] if found.not_comparable else []
    if labels != PUBLISHED_LABELS:
        reasons.append(f"ours are scored on {labels} labels")
    return found.r2, found.mse, f"no: {'; '.join(reasons)}" if reasons else "yes"


def _result(row: dict[str, str]) -> PublishedResult:
    return PublishedResult(_number(row["r2"]), _number(row["mse"]), row["source"], row["not_comparable"], row["note"])


def _number(text: str) -> float:
    return float(text) if text else float("nan")
