"""Labels: what the raters of a performance said on average, a number in [0, 1] for each dimension."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.quality import QualityLine
from percepiano_core.spreadsheet import nearest_name
from percepiano_core.table_io import header_of, read_numbers, write_rows

STD_KEYS = tuple(f"std_{key}" for key in DIMENSION_KEYS)
MOST_COMPARED = 100  # names that are no performance
COLUMNS = ("performance", "n_raters", *DIMENSION_KEYS, *STD_KEYS)


@dataclass(frozen=True)
class Labels:
    """One row a performance.

    Attributes
    ----------
    performances : keys of the performances, each once
    n_raters : [n] distinct people behind the row
    mean, std : [n, 19] over ratings divided by 7, dimensions in the order of DIMENSION_KEYS
    """

    performances: tuple[str, ...]
    n_raters: np.ndarray
    mean: np.ndarray
    std: np.ndarray


def select_performances(labels: Labels, performances: Iterable[str]) -> Labels:
    """The rows of these performances, in this order; KeyError if one has no row."""
    place = {performance: row for row, performance in enumerate(labels.performances)}
    kept = tuple(performances)
    rows = np.array([place[performance] for performance in kept], dtype=int)
    return Labels(kept, labels.n_raters[rows], labels.mean[rows], labels.std[rows])


def labels_of_corpus(labels: Labels, performances: Sequence[str]) -> tuple[Labels, list[QualityLine]]:
    """Labels of the corpus' performances, and a line for each performance that has none or not all 19.

    The order of the labels is kept. Rated performances that are not in the corpus are left out, counted by one line.
    """
    known = set(performances)
    complete = np.isfinite(labels.mean).all(axis=1)
    kept = [each for each, whole in zip(labels.performances, complete, strict=True) if whole and each in known]
    rated = set(labels.performances)
    strangers = sorted(rated - known)
    meant = _meant(strangers, performances, rated)
    lines = [
        _unlabelled(each, _unrated(each, meant) if each not in rated else "a dimension has no rating")
        for each in sorted(known - set(kept))
    ]
    if strangers:
        lines.append(_strangers(strangers, meant))
    return select_performances(labels, kept), lines


def _meant(strangers: Sequence[str], performances: Sequence[str], rated: Collection[str]) -> dict[str, str]:
    """Names in the ratings that are no performance -> the performance that is most like them, if one is.

    Beyond capitals one that nobody rated is meant, and never Take_13 by Take_12: the numbers have to be the same.
    """
    folded = {name.casefold(): name for name in performances}
    by_numbers: dict[tuple[str, ...], list[str]] = {}
    for name in (name for name in performances if name not in rated):
        by_numbers.setdefault(_numbers(name), []).append(name)
    found = {}
    for number, stranger in enumerate(strangers):
        near = folded.get(stranger.casefold())
        if near is None and number < MOST_COMPARED:
            near = nearest_name(stranger, by_numbers.get(_numbers(stranger), []))
        if near is not None:
            found[stranger] = near
    return found


def _numbers(name: str) -> tuple[str, ...]:
    return tuple(re.findall("[0-9]+", name))


def _unrated(performance: str, meant_by: Mapping[str, str]) -> str:
    """That nobody rated it, and the name in the ratings that may mean it."""
    meant = next((stranger for stranger, name in meant_by.items() if name == performance), None)
    return f"nobody rated it (ratings are of '{meant}', which is no performance)" if meant else "nobody rated it"


def _unlabelled(performance: str, problem: str) -> QualityLine:
    return QualityLine(
        stage="ratings",
        subject=performance,
        file="",
        problem=problem,
        consequence="it has no labels and is in no split",
        remedy="add ratings, or remove the performance",
    )


def _strangers(performances: Sequence[str], meant: Mapping[str, str]) -> QualityLine:
    near = next(iter(meant.items()), None)
    hint = f"; is '{near[0]}' the performance '{near[1]}'?" if near else ""
    are = "performance is" if len(performances) == 1 else "performances are"
    return QualityLine(
        stage="ratings",
        subject=performances[0],
        file="",
        problem=f"{len(performances)} rated {are} not in the corpus, this one first{hint}",
        consequence="their ratings are not used",
        remedy="none needed if the corpus is a part; else restore the files",
    )


def write_labels(path: Path | str, labels: Labels) -> None:
    """Write as CSV; floats keep all their digits, so that reading gives back the same numbers."""
    numbers = np.hstack([labels.mean, labels.std]).tolist()  # Python floats print their shortest exact form
    rows = zip(labels.performances, labels.n_raters.tolist(), numbers, strict=True)
    write_rows(path, COLUMNS, ([performance, count, *row] for performance, count, row in rows))


def read_labels(path: Path | str) -> Labels:
    """Read a table of labels, its columns by name; UserError if it has not all of them.

    The columns of the standard deviations may be left out; `std` is then NaN.
    """
    given = set(header_of(path))
    columns = ("n_raters", *DIMENSION_KEYS, *(STD_KEYS if given & set(STD_KEYS) else ()))
    rows = read_numbers(path, columns)
    table = np.array(list(rows.values())).reshape(len(rows), len(columns))
    width = len(DIMENSION_KEYS)
    mean, std = table[:, 1 : 1 + width], table[:, 1 + width :]
    return Labels(tuple(rows), table[:, 0].astype(int), mean, std if std.size else np.full_like(mean, np.nan))
