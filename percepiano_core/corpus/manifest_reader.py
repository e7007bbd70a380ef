"""Any corpus that lists itself: a manifest.csv with the columns of `Performance` in its root, and ratings.csv.

This is the door for own corpora and for the synthetic one. Required columns: performance, segment, piece, work,
player, midi, score. The others have defaults: movement is the work, performer is work/player, deadpan is false, and
player_index is the player's place among the sorted human players of the work (-1, never tested, for a deadpan
performance).
Columns beyond these are ignored. Paths are relative to the root and stay inside it. Any spreadsheet may have written
the table (`spreadsheet`); which rows fit each other, `manifest_rows` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from percepiano_core.corpus.manifest_rows import COLUMNS, REQUIRED, TRUTH, Rows, left_out
from percepiano_core.corpus.names import performance_name, whole_number
from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.quality import QualityLine
from percepiano_core.spreadsheet import read_sheet

MANIFEST = "manifest.csv"
RATINGS = "ratings.csv"
PUBLISHED_TABLE = "labels/total_2rounds.csv"  # what the published corpus has
UNSET = -(10**9)  # no player_index given


def ratings_path(root: Path) -> Path:
    """The table of single ratings."""
    return root / RATINGS


def check_root(root: Path) -> None:
    """Raise UserError if the manifest or the ratings are missing, a required column lacks, or no row is usable."""
    remedy = "point the corpus root at a folder with manifest.csv, ratings.csv and the files they name"
    missing = [part for part in (MANIFEST, RATINGS) if not (root / part).exists()]
    if missing and (root / PUBLISHED_TABLE).is_file():
        remedy = "set the reader of the rated corpus to percepiano"
        raise UserError(root, f"no {' and '.join(missing)} here, but a clone of PercePiano", remedy)
    if missing:
        raise UserError(root, f"no corpus here ({', '.join(missing)} missing)", remedy)
    performances, lines = survey(root)
    if not performances:
        first = f"the first of {len(lines)} rows left out is {lines[0].problem}" if lines else "it has no row"
        raise UserError(root / MANIFEST, f"it names no usable performance ({first})", "correct its rows")


def survey(root: Path) -> tuple[list[Performance], list[QualityLine]]:
    """Performances sorted by name, a line for each row of the manifest that is left out, and for what looks wrong.

    The lines are in the order of the rows.

    UserError if the manifest is missing or no table, or a required column lacks.
    """
    sheet = read_sheet(root / MANIFEST, COLUMNS)
    places = sheet.places(COLUMNS, REQUIRED)
    rows = Rows(root, MANIFEST)
    performances = []
    for number, cells in sheet.rows:
        written = {column: cells[place] for column, place in places.items()}
        if sheet.uneven.get(number, 0) > len(sheet.header):
            problem = f"it has {sheet.uneven[number]} cells for {len(sheet.header)} columns"
            remedy = f"put cells that hold a {sheet.separator_name} into double quotes"
            rows.lines.append(left_out(MANIFEST, number, written["performance"], problem, remedy))
        elif (row := rows.checked(number, written)) is not None:
            performances.append(_performance(row))
    performances = [replace(each, composer=rows.composer_of(each.segment)) for each in performances]
    return _with_player_index(sorted(performances, key=lambda each: each.performance)), rows.lines


def _performance(row: dict[str, str]) -> Performance:
    return Performance(
        performance=performance_name(row["performance"]),
        segment=row["segment"],
        piece=row["piece"],
        work=row["work"],
        movement=row.get("movement") or row["work"],
        composer=row.get("composer", ""),
        bars=int(whole_number(row.get("bars", "")) or 0),
        segment_number=row.get("segment_number", ""),
        player=row["player"],
        performer=row.get("performer") or f"{row['work']}/{row['player']}",
        player_index=int(whole_number(row.get("player_index", "")) or UNSET),
        deadpan=TRUTH[row["deadpan"].casefold()],
        midi=row["midi"],
        score=row["score"],
    )


def _with_player_index(performances: Sequence[Performance]) -> list[Performance]:
    """Fill in the indices that the manifest leaves open."""
    players: dict[str, set[str]] = {}
    for each in performances:
        if not each.deadpan:
            players.setdefault(each.work, set()).add(each.player)
    place = {(work, player): i for work, names in players.items() for i, player in enumerate(sorted(names))}
    return [
        replace(each, player_index=place.get((each.work, each.player), -1)) if each.player_index == UNSET else each
        for each in performances
    ]
