"""Rated performances for people and programs: a table on the terminal, JSON, CSV, a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from percepiano_core.alignment.account import departures, repeats
from percepiano_core.alignment.alignment import Alignment
from percepiano_core.dimensions import DIMENSION_KEYS, DIMENSIONS
from percepiano_core.files import asked_for, write_text
from percepiano_core.perception.intervals import Ratings
from percepiano_core.table_io import write_rows
from percepiano_core.wording import counted

if TYPE_CHECKING:
    from percepiano_core.audio.networks.training_sound import Likeness

DECIMALS = 4
COLUMNS = ("performance", "dimension", "low_word", "high_word", "rating", "interval_low", "interval_high", "spread")
TRANSCRIBER = "transkun 2.0"
# docs/transcription.md, "Measured": onset F1 of real recordings is .96 to .97
HEARD_NOTES = (
    f"heard by {TRANSCRIBER}, about 96 of 100 right in real recordings; velocities are its guess, pedals are on or off "
    "without depth, and the intervals, made with true MIDI, do not count these errors"
)


@dataclass(frozen=True)
class Asked:
    """Networks of one way that were asked: how many, of which model, and what they do ("hear sound")."""

    networks: int
    model: str
    told: str


@dataclass(frozen=True, eq=False)
class Report:
    """Ratings, the performances they are of, and what they were made by.

    Attributes
    ----------
    names : of the performances, in the order of the ratings
    level : share of ratings that an interval covers
    calibrated_on : performances of the validation roles that the intervals were made by
    labels, split : of the networks
    asked : the networks of each way; the ratings are the mean of the ways
    score : that the performances are of, and `composer`, that the networks were given; None and "" where none was read
    alignments : performance -> how it fits the score
    transcribed : recording -> how many notes a transcriber heard in it
    likeness : recording -> how like what the networks learned from its sound is
    """

    ratings: Ratings
    names: tuple[str, ...]
    level: float
    calibrated_on: int
    labels: str
    split: str
    asked: tuple[Asked, ...]
    score: Path | None = None
    composer: str = ""
    alignments: Mapping[str, Alignment] = field(default_factory=dict)
    transcribed: Mapping[str, int] = field(default_factory=dict)
    likeness: Mapping[str, Likeness] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """Names of the models."""
        return ", ".join(each.model for each in self.asked)

    @property
    def reading(self) -> str:
        """One line that says what rating and interval are."""
        spread = "\N{PLUS-MINUS SIGN}: their standard deviation"
        if len(self.asked) == 1:
            networks = f"{self.asked[0].networks} networks ({self.model}, {self.labels} labels; {spread})"
        else:
            each = " and ".join(f"the {one.networks} that {one.told} ({one.model})" for one in self.asked)
            networks = f"the means of {each}, half each ({self.labels} labels; {spread})"
        return (
            f"Mean of {networks}; intervals: {self.level:.0%} of the errors on {self.calibrated_on} performances of "
            f"the validation roles of split {self.split}, too narrow for other music"
        )

    def told(self, name: str) -> list[str]:
        """What to know about one performance, a line each: how it fits the score, and how a recording was heard."""
        fits = [_fit(self.alignments[name])] if name in self.alignments else []
        return [*fits, *self.told_of_recording(name)]

    def told_of_recording(self, name: str) -> list[str]:
        """How a recording was transcribed, and how like the training its sound is; nothing of a MIDI file."""
        lines = []
        if name in self.transcribed:
            lines.append(f"{counted(self.transcribed[name], 'note')} {HEARD_NOTES}")
        if name in self.likeness:
            lines.append(str(self.likeness[name]))
        return lines


def show(report: Report, console: Console | None = None) -> None:
    """Print a table, a line a dimension: rating and interval of each performance, of a single one the spread too."""
    console = console or Console()
    title = f"{report.score.stem} (composer: {report.composer})" if report.score else "as heard, without a score"
    table = Table("dimension", "from 0 to 1", title=title)
    for name in report.names:
        table.add_column(name, overflow="fold")
    for j, each in enumerate(DIMENSIONS):
        cells = (_cell(report.ratings, i, j) for i in range(len(report.names)))
        table.add_row(each.key.replace("_", " "), f"{each.low} - {each.high}", *cells)
    console.print(table)
    for line in [*(f"{name}: {line}" for name in report.names for line in report.told(name)), report.reading]:
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
    about = {
        "score": report.score.name if report.score else None,
        "composer": report.composer or None,
        "model": report.model,
        "labels": report.labels,
        "split": report.split,
        "networks": len(report.ratings.members),
        "ways": [asdict(each) for each in report.asked],
        "level": report.level,
        "calibrated_on": report.calibrated_on,
    }
    rows = {name: _as_json(report, i, name) for i, name in enumerate(report.names)}
    write_text(path, json.dumps({**about, "performances": rows}, indent=2) + "\n")


def _as_json(report: Report, i: int, name: str) -> dict[str, Any]:
    """What there is to say of one performance; parts that it does not have are null."""
    alignment, alike = report.alignments.get(name), report.likeness.get(name)
    known = alike is not None and not math.isnan(alike.times)
    return {
        "alignment": alignment
        and {
            "quality": round(alignment.c, DECIMALS),
            "status": alignment.status,
            "repeats": repeats(alignment),
            "departures": departures(alignment),
        },
        "transcribed_notes": report.transcribed.get(name),
        "distance_from_training_sound": round(alike.times, DECIMALS) if alike and known else None,
        "told": report.told(name),
        "ratings": {
            key: dict(zip(COLUMNS[4:], _numbers(report.ratings, i, j), strict=True))
            for j, key in enumerate(DIMENSION_KEYS)
        },
    }


def _write_csv(report: Report, path: Path) -> None:
    rows = (
        [name, each.key, each.low, each.high, *_numbers(report.ratings, i, j)]
        for i, name in enumerate(report.names)
        for j, each in enumerate(DIMENSIONS)
    )
    write_rows(path, COLUMNS, rows)


def _write_picture(report: Report, path: Path) -> None:
    # Imported here because matplotlib takes most of a second, which a table need not wait for.
    from percepiano_core.perception.rating_picture import draw_ratings

    recorded = (f"{name}: {line}" for name in report.names for line in report.told_of_recording(name))
    draw_ratings(report.ratings, report.names, path, [report.reading, *recorded])


KINDS: dict[str, Callable[[Report, Path], None]] = {
    ".json": _write_json,
    ".csv": _write_csv,
    ".svg": _write_picture,
    ".png": _write_picture,
}
