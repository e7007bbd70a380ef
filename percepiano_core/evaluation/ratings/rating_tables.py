"""All tables of ratings from all run folders: Table 3, its dimensions, its folds and the ablation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from percepiano_core.evaluation.ratings.ablation import Ablation, AblationStep, ablation_table
from percepiano_core.evaluation.ratings.table3 import (
    TableSpec,
    score_runs,
    table3,
    table3_folds,
    table3_per_dimension,
)
from percepiano_core.evaluation.table_rows import ModelRow
from percepiano_core.training.run_folder import read_run_info


def make_spec(
    rows: Iterable[Sequence[str]], splits: Iterable[str], labels: str = "published", **given: Any
) -> TableSpec:
    """What a table is to show, as the workflow hands it over: rows are model, title and inputs."""
    return TableSpec(tuple(ModelRow(*row) for row in rows), tuple(splits), labels, **given)


def make_ablations(configured: Mapping[str, Mapping[str, Any]]) -> list[Ablation]:
    """Ablations as the configuration has them: name -> splits, steps (model, adds) and what they are compared with."""
    return [
        Ablation(
            name,
            tuple(entry["splits"]),
            tuple(AblationStep(step["model"], step["adds"]) for step in entry["steps"]),
            entry["against"],
        )
        for name, entry in configured.items()
    ]


def rating_tables(
    run_folders: Iterable[Path | str],
    manifest: Path | str,
    noise: Path | str,
    spec: TableSpec,
    labels: Sequence[str],
    ablations: Sequence[Ablation],
) -> dict[str, pd.DataFrame]:
    """The tables "table", "per_dimension", "folds" and "ablation", a part for each of the label derivations."""
    by_labels: dict[str, list[Path]] = {name: [] for name in labels}
    for folder in map(Path, run_folders):
        by_labels.setdefault(read_run_info(folder).data, []).append(folder)
    parts: dict[str, list[pd.DataFrame]] = {}
    for name, folders in by_labels.items():
        own = replace(spec, labels=name)
        scored = score_runs(folders, manifest, noise, own)
        tables = {
            "table": table3(scored, own),
            "per_dimension": table3_per_dimension(scored, own),
            "folds": table3_folds(scored),
            "ablation": ablation_table(scored, ablations, own),
        }
        for key, table in tables.items():
            parts.setdefault(key, []).append(table)
    return {key: pd.concat(tables, ignore_index=True) for key, tables in parts.items()}
