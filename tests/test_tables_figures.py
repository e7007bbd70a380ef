"""The figures of the tables: same bytes from same numbers, nothing lost, synthetic data marked."""

from __future__ import annotations

from pathlib import Path

import matplotlib.text
import pandas as pd
import pytest
from evaluation_cases import MODELS, spec, write_corpus, write_runs
from matplotlib.figure import Figure

from percepiano_core import figure_style
from percepiano_core.evaluation.ratings import figures
from percepiano_core.evaluation.ratings.ablation import Ablation, AblationStep, ablation_table
from percepiano_core.evaluation.ratings.table3 import score_runs, table3, table3_per_dimension
from percepiano_core.table_io import write_table

STEPS = Ablation("Descriptors", ("performer", "work"), tuple(AblationStep(row.model, row.title) for row in MODELS[1:]))
DRAW = {
    "table3": figures.draw_table3,
    "table3_per_dimension": figures.draw_per_dimension,
    "ablation": figures.draw_ablation,
}


@pytest.fixture(scope="module", params=["real", "synthetic"])
def tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """The written tables, read back."""
    folder = tmp_path_factory.mktemp(request.param)
    manifest, noise = write_corpus(folder)
    runs = [run for row in MODELS[:3] for run in write_runs(folder, row.model, corpus=request.param)]
    given = spec(corpus_kind=request.param)
    rows = score_runs(runs, manifest, noise, given)
    made = {
        "table3": table3(rows, given),
        "table3_per_dimension": table3_per_dimension(rows, given),
        "ablation": ablation_table(rows, [STEPS], given),
    }
    for name, table in made.items():
        write_table(folder / f"{name}.csv", table)
    return {name: pd.read_csv(folder / f"{name}.csv") for name in made}


def drawn_texts(monkeypatch: pytest.MonkeyPatch, name: str, table: pd.DataFrame) -> list[str]:
    """All the words of a figure."""
    kept: list[Figure] = []
    monkeypatch.setattr(figures, "save", lambda figure, path: kept.append(figure))
    DRAW[name](table, "unused.svg")
    return [text.get_text() for text in kept[0].findobj(matplotlib.text.Text)]


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_drawn_twice_has_the_same_bytes(tables: dict[str, pd.DataFrame], tmp_path: Path, name: str) -> None:
    for i in range(2):
        DRAW[name](tables[name], tmp_path / f"{i}.svg")
    first = (tmp_path / "0.svg").read_bytes()
    assert first == (tmp_path / "1.svg").read_bytes()
    assert b"<dc:date>" not in first


@pytest.mark.parametrize("name", DRAW)
def test_synthetic_data_and_only_they_are_marked(
    tables: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    texts = drawn_texts(monkeypatch, name, tables[name])
    synthetic = (tables[name]["status"] == "synthetic").any()
    assert (figure_style.SYNTHETIC_MARK in texts) == synthetic
    assert (
        any(figure_style.SYNTHETIC_MARK in text and text != figure_style.SYNTHETIC_MARK for text in texts) == synthetic
    )


def test_table3_shows_every_model_its_score_and_what_was_not_run(
    tables: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = drawn_texts(monkeypatch, "table3", tables["table3"])
    assert {row.title for row in MODELS} <= set(texts)
    assert texts.count("not run") == 3
    assert {f"{r2:.3f}" for r2 in tables["table3"]["r2"].dropna()} <= set(texts)


@pytest.mark.parametrize("name", DRAW)
def test_a_table_without_any_run_is_still_drawn(tables: dict[str, pd.DataFrame], tmp_path: Path, name: str) -> None:
    table = tables[name].assign(status="not run")
    scores = [column for column in table.columns if column.startswith(("r2", "delta", "ceiling", "published_"))]
    DRAW[name](table.assign(**dict.fromkeys(scores, float("nan"))), tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 0


def test_the_leading_models_are_the_best_and_a_look_up(tables: dict[str, pd.DataFrame]) -> None:
    assert figures.leading_models(tables["table3_per_dimension"]) == ["ExtraTrees", "Ridge", "Mean"]


def test_a_run_without_ablations_has_an_empty_figure(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    figures.draw_ablation(tables["ablation"].head(0), tmp_path / "none.svg")
    assert (tmp_path / "none.svg").stat().st_size > 0
