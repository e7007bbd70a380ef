"""Any corpus that lists itself: a manifest.csv with the columns of `Performance` in its root, and ratings.csv.

This is the door for own corpora and for the synthetic one. Required columns: performance, segment, piece, work,
player, midi, score. The others have defaults: movement is the work, performer is work/player, deadpan is false, and
player_index is the player's place among the sorted human players of the work (-1, never tested, for a deadpan
performance).
Columns beyond these are ignored. Paths are relative to the root and stay inside it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.quality import QualityLine

MANIFEST = "manifest.csv"
RATINGS = "ratings.csv"
REQUIRED = ("performance", "segment", "piece", "work", "player", "midi", "score")
OLD_DEADPAN = "rendered"  # what earlier manifests call the column `deadpan`
TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
WHOLE_NUMBER = re.compile(r"(-?[0-9]{1,9})?")  # or empty
UNSET = -(10**9)  # no player_index given


def ratings_path(root: Path) -> Path:
    """The table of single ratings."""
    return root / RATINGS


def check_root(root: Path) -> None:
    """Raise UserError if the manifest or the ratings are missing, a required column lacks, or no row is usable."""
    remedy = "point the corpus root at a folder with manifest.csv, ratings.csv and the files they name"
    missing = [part for part in (MANIFEST, RATINGS) if not (root / part).is_file()]
    if missing:
        raise UserError(root, f"no corpus here ({', '.join(missing)} missing)", remedy)
    if not survey(root)[0]:
        raise UserError(root / MANIFEST, "it names no usable performance", remedy)


def survey(root: Path) -> tuple[list[Performance], list[QualityLine]]:
    """Performances sorted by name, and a line for each row of the manifest that is left out."""
    kept: dict[str, Performance] = {}
    lines = []
    for number, row in enumerate(_rows(root / MANIFEST), start=2):
        problem = _problem(root, row, kept)
        if problem:
            lines.append(_left_out(number, row, problem))
        else:
            kept[row["performance"].strip()] = _performance(row)
    return _with_player_index(sorted(kept.values(), key=lambda each: each.performance)), sorted(lines)


def _rows(path: Path) -> list[dict[str, str]]:
    """Rows of the manifest as text; UserError if a required column lacks."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            header, rows = reader.fieldnames or (), list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(path, f"not a readable table ({error})", "save it as CSV in UTF-8") from None
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        raise UserError(path, f"column {', '.join(missing)} missing", f"give the columns {', '.join(REQUIRED)}")
    return rows if "deadpan" in header else [{**row, "deadpan": row.get(OLD_DEADPAN, "")} for row in rows]


def _problem(root: Path, row: dict[str, str], kept: dict[str, Performance]) -> str:
    """Why the row cannot be used, or nothing."""
    empty = [column for column in REQUIRED if not row[column].strip()]
    if empty:
        return f"{', '.join(empty)} is empty"
    if row["performance"].strip() in kept:
        return "a second row for this performance"
    if row["deadpan"].strip().lower() not in TRUTH:
        return f"deadpan is '{row['deadpan']}', neither true nor false"
    for column in ("bars", "player_index"):
        if not WHOLE_NUMBER.fullmatch(row.get(column, "").strip()):
            return f"{column} is '{row[column]}', not a whole number"
    for column in ("midi", "score"):
        if PurePosixPath(row[column]).is_absolute() or ".." in PurePosixPath(row[column]).parts:
            return f"{column} '{row[column]}' lies outside the corpus"
        if not (root / row[column]).is_file():
            return f"its {column} '{row[column]}' is missing"
    return ""


def _left_out(number: int, row: dict[str, str], problem: str) -> QualityLine:
    return QualityLine(
        stage="corpus",
        subject=row["performance"].strip() or f"row {number}",
        file=MANIFEST,
        problem=f"row {number}: {problem}",
        consequence="the performance is left out",
        remedy="correct the row or restore the file",
    )


def _performance(row: dict[str, str]) -> Performance:
    value = {column: (text or "").strip() for column, text in row.items() if column}
    return Performance(
        performance=value["performance"],
        segment=value["segment"],
        piece=value["piece"],
        work=value["work"],
        movement=value.get("movement") or value["work"],
        composer=value.get("composer", ""),
        bars=int(value.get("bars") or 0),
        segment_number=value.get("segment_number", ""),
        player=value["player"],
        performer=value.get("performer") or f"{value['work']}/{value['player']}",
        player_index=int(value.get("player_index") or UNSET),
        deadpan=TRUTH[value["deadpan"].lower()],
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
