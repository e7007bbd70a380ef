"""Rated performances for people and programs: a table on the terminal, JSON, CSV, a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from percepiano_core.alignment.account import departures, repeats
from percepiano_core.alignment.alignment import Alignment
from percepiano_core.dimensions import DIMENSION_KEYS, DIMENSIONS
from percepiano_core.files import asked_for, write_text
from percepiano_core.perception.intervals import Ratings
from percepiano_core.table_io import write_rows

DECIMALS = 4
COLUMNS = ("performance", "dimension", "low_word", "high_word", "rating", "interval_low", "interval_high", "spread")


@dataclass(frozen=True, eq=False)
class Report:
    """Ratings, the performances they are of, and what they were made by.

    Attributes
    ----------
    alignments : performance -> how it fits the score, in the order of the ratings
    composer : that the networks were given
    level : share of ratings that an interval covers
    calibrated_on : performances of the validation roles that the intervals were made by
    model, labels, split : of the networks
    """

    ratings: Ratings
    alignments: Mapping[str, Alignment]
    score: Path
    composer: str
    level: float
    calibrated_on: int
    model: str
    labels: str
    split: str

    @property
    def reading(self) -> str:
        """One line that says what rating and interval are."""
        spread = "\N{PLUS-MINUS SIGN}: their standard deviation"
        networks = f"{len(self.ratings.members)} networks ({self.model}, {self.labels} labels; {spread})"
        return (
            f"Mean of {networks}; intervals: {self.level:.0%} of the errors on {self.calibrated_on} performances of "
            f"the validation roles of split {self.split}, too narrow for other music"
        )


def show(report: Report, console: Console | None = None) -> None:
    """Print a table, a line a dimension: rating and interval of each performance, of a single one the spread too."""
    console = console or Console()
    table = Table("dimension", "from 0 to 1", title=f"{report.score.stem} (composer: {report.composer})")
    for name in report.alignments:
        table.add_column(name, overflow="fold")
    for j, each in enumerate(DIMENSIONS):
        cells = (_cell(report.ratings, i, j) for i in range(len(report.alignments)))
        table.add_row(each.key.replace("_", " "), f"{each.low} - {each.high}", *cells)
    console.print(table)
    for line in [*(f"{name}: {_fit(each)}" for name, each in report.alignments.items()), report.reading]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def write(report: Report, path: Path) -> None:
    """Write the file as its extension says (KINDS); UserError where that is impossible."""
    with asked_for(path):
        KINDS[path.suffix](report, path)


def _cell(ratings: Ratings, i: int, j: int) -> str:
    interval = f"{ratings.mean[i, j]:.2f}  {ratings.low[i, j]:.2f}-{ratings.high[i, j]:.2f}"
    alone = ratings.mean.shape[0] == 1
    return f"{interval}  \N{PLUS-MINUS SIGN}{ratings.spread[i, j]:.2f}" if alone else interval


def _fit(alignment: Alignment) -> str:
    matched = f"{len(alignment.matches)} of {len(alignment.score_notes)} score notes matched"
    told = [*departures(alignment), *repeats(alignment)]
    return f"{matched} (quality {alignment.c:.2f}: {alignment.status})" + "".join(f"; {each}" for each in told)


def _numbers(ratings: Ratings, i: int, j: int) -> list[float]:
    parts = (ratings.mean, ratings.low, ratings.high, ratings.spread)
    return [round(float(part[i, j]), DECIMALS) for part in parts]


def _write_json(report: Report, path: Path) -> None:
    rows = {
        name: {
            "alignment": {
                "quality": round(alignment.c, DECIMALS),
                "status": alignment.status,
                "repeats": repeats(alignment),
                "departures": departures(alignment),
            },
            "ratings": {
                key: dict(zip(COLUMNS[4:], _numbers(report.ratings, i, j), strict=True))
                for j, key in enumerate(DIMENSION_KEYS)
            },
        }
        for i, (name, alignment) in enumerate(report.alignments.items())
    }
    about = {
        "score": report.score.name,
        "composer": report.composer,
        "model": report.model,
        "labels": report.labels,
        "split": report.split,
        "networks": len(report.ratings.members),
        "level": report.level,
        "calibrated_on": report.calibrated_on,
    }
    write_text(path, json.dumps({**about, "performances": rows}, indent=2) + "\n")


def _write_csv(report: Report, path: Path) -> None:
    rows = (
        [name, each.key, each.low, each.high, *_numbers(report.ratings, i, j)]
        for i, name in enumerate(report.alignments)
        for j, each in enumerate(DIMENSIONS)
    )
    write_rows(path, COLUMNS, rows)


def _write_picture(report: Report, path: Path) -> None:
    # Imported here because matplotlib takes most of a second, which a table need not wait for.
    from percepiano_core.perception.rating_picture import draw_ratings

    draw_ratings(report.ratings, list(report.alignments), path, report.reading.replace("; intervals", ";\nintervals"))


KINDS: dict[str, Callable[[Report, Path], None]] = {
    ".json": _write_json,
    ".csv": _write_csv,
    ".svg": _write_picture,
    ".png": _write_picture,
}
