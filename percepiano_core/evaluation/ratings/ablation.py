"""Ablation: what each step adds to the step before it, or to the first, with the interval of the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from percepiano_core.errors import UserError
from percepiano_core.evaluation.ratings.bootstrap import Interval, paired_difference
from percepiano_core.evaluation.ratings.published_results import published_beside
from percepiano_core.evaluation.ratings.table3 import ScoredRow, TableSpec

ABLATION_COLUMNS = (
    "ablation", "split", "step", "label", "model", "inputs", "r2", "r2_ci_low", "r2_ci_high", "ceiling", "against",
    "delta", "delta_ci_low", "delta_ci_high", "published_r2", "published_delta", "comparable", "status",
)  # fmt: skip
NAN = float("nan")
ABOVE, FIRST = "above", "first"  # what a step is compared with


@dataclass(frozen=True, slots=True)
class AblationStep:
    """A model of the table as a step: its key, and what the step adds ("+ aligned statistics")."""

    model: str
    label: str


@dataclass(frozen=True, slots=True)
class Ablation:
    """Steps in order on every split named, each compared with the one above it (ABOVE) or with the first (FIRST)."""

    name: str
    splits: tuple[str, ...]
    steps: tuple[AblationStep, ...]
    against: str = ABOVE


def ablation_table(rows: Sequence[ScoredRow], ablations: Sequence[Ablation], spec: TableSpec) -> pd.DataFrame:
    """One row an ablation, split and step, columns ABLATION_COLUMNS; `step` counts from 1.

    `delta` is R2 minus that of the step named `against`, with its paired interval; it is empty where one of the two was
    not run. UserError for a model or split that the table does not have.
    """
    scored = {(row.split, row.row.model): row for row in rows}
    records = []
    for ablation in ablations:
        for split in ablation.splits:
            steps = [_find(scored, split, step.model, ablation.name) for step in ablation.steps]
            before: list[ScoredRow | None] = [None, *(steps[:1] * len(steps) if ablation.against == FIRST else steps)]
            for i, (previous, current) in enumerate(zip(before, steps, strict=False)):
                identity = {"ablation": ablation.name, "step": i + 1, "label": ablation.steps[i].label}
                records.append(identity | _step(previous, current, spec))
    return pd.DataFrame(records, columns=list(ABLATION_COLUMNS))


def _find(scored: dict[tuple[str, str], ScoredRow], split: str, model: str, name: str) -> ScoredRow:
    if (split, model) not in scored:
        raise UserError(f"ablation {name}", f"names {model} on {split}, which has no row", "add it to the table")
    return scored[split, model]


def _step(previous: ScoredRow | None, current: ScoredRow, spec: TableSpec) -> dict[str, Any]:
    published_r2, published_delta, comparable = _published(previous, current, spec)
    difference = _difference(previous, current, spec)
    ci = current.ci or Interval(NAN, NAN, NAN)
    return {
        "split": current.split,
        "model": current.row.title,
        "inputs": current.inputs,
        "r2": ci.estimate,
        "r2_ci_low": ci.low,
        "r2_ci_high": ci.high,
        "ceiling": float(current.scores.reported.ceiling.mean()) if current.scores else NAN,
        "against": "" if previous is None else previous.row.title,
        "delta": difference.estimate,
        "delta_ci_low": difference.low,
        "delta_ci_high": difference.high,
        "published_r2": published_r2,
        "published_delta": published_delta,
        "comparable": comparable,
        "status": current.status,
    }


def _difference(previous: ScoredRow | None, current: ScoredRow, spec: TableSpec) -> Interval:
    if previous is None or previous.scores is None or current.scores is None:
        return Interval(NAN, NAN, NAN)
    return paired_difference(previous.scores.test_sets, current.scores.test_sets, spec.replicates, spec.seed)


def _published(previous: ScoredRow | None, current: ScoredRow, spec: TableSpec) -> tuple[float, float, str]:
    """Published R2, its gain over the published step before, and whether ours may be compared with it."""
    r2, _, comparable = published_beside(current.split, current.row.model, spec.labels, spec.synthetic)
    if previous is None:
        return r2, NAN, comparable
    before, _, _ = published_beside(previous.split, previous.row.model, spec.labels, spec.synthetic)
    return r2, r2 - before, comparable
