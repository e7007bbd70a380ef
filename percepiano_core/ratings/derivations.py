"""From single ratings to labels. A new way is one function here and one line in DERIVATIONS.

`published` gives the two label files of the release that have 1202 keys; `published_merged` the two under labels/, in
which 13 deadpan performances are merged; `clean` counts every person once and treats don't-knows as missing
(docs/ratings.md, "Labels").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.ratings.labels import Labels
from percepiano_core.ratings.person_ratings import (
    first_occurrences,
    group_mean,
    index_by_first,
    person_ratings,
)
from percepiano_core.ratings.table import DONT_KNOW_REVERSED, SCALE, RatingTable, select_rows

# Renderings that labels/map_midi_to_label.py of the release files under Score2.
MERGED = re.compile(r"(Beethoven_WoO80_.*)_Score_([5-9]|1[0-6])|(Schubert_D935_.*)_Score_(1)")


def published(table: RatingTable) -> Labels:
    """The released labels: means leave don't-knows out, standard deviations count them and blanks as zero.

    A row with an 8 anywhere is dropped whole, repeated rows count as often as they stand there, and a person who rated
    a performance twice counts twice: this is what the release does, defects included.
    """
    rows = select_rows(table, np.all(~(table.values >= DONT_KNOW_REVERSED), axis=1))
    scores = np.nan_to_num(rows.values, nan=0.0) / SCALE
    performances, row = index_by_first(rows.performances)
    mean = group_mean(np.where(scores > 0, scores, np.nan), row, len(performances))
    return Labels(performances, _raters(row, rows.users, len(performances)), mean, _std(scores, row, len(performances)))


def published_merged(table: RatingTable) -> Labels:
    """The released labels of the folder labels/: as `published`, with 13 deadpan performances filed under Score2."""
    merged = [MERGED.sub(_as_score2, name) if MERGED.fullmatch(name) else name for name in table.performances.tolist()]
    return published(replace(table, performances=np.array(merged, dtype=str)))


def clean(table: RatingTable) -> Labels:
    """Mean and standard deviation over people, one vote each, of the ratings they gave; don't-knows are missing."""
    votes = person_ratings(table)
    count = len(votes.performances)
    mean = group_mean(votes.values, votes.rows, count)
    return Labels(
        votes.performances, np.bincount(votes.rows, minlength=count), mean, _std(votes.values, votes.rows, count)
    )


DERIVATIONS: dict[str, Callable[[RatingTable], Labels]] = {
    "published": published,
    "published_merged": published_merged,
    "clean": clean,
}


def derive(name: str, table: RatingTable) -> Labels:
    """Labels by the derivation of this name; UserError names those there are."""
    if name not in DERIVATIONS:
        raise UserError(f"labels '{name}'", "no such derivation", f"choose one of {', '.join(DERIVATIONS)}")
    return DERIVATIONS[name](table)


def _as_score2(match: re.Match[str]) -> str:
    return f"{match[1] or match[3]}_Score2_{match[2] or match[4]}"


def _raters(rows: np.ndarray, users: np.ndarray, count: int) -> np.ndarray:
    """Distinct users [count] of each group."""
    kept = first_occurrences(rows.astype(str), users)
    return np.bincount(rows[kept], minlength=count)


def _std(values: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """Population standard deviation [count, 19] of each group, NaN cells left out."""
    squares = (values - group_mean(values, rows, count)[rows]) ** 2
    return np.sqrt(group_mean(squares, rows, count))
