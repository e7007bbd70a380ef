"""The MazurkaBL corpus: when each beat of Chopin's mazurkas falls in about 2,000 recordings, and the score's dynamics.

Kosta, Bandtlow and Chew, "MazurkaBL: score-aligned loudness, beat, and expressive markings data for 2000 Chopin Mazurka
recordings" (TENOR 2018). Its published layout is read; audio is not part of it. Recordings of one's own can be given as
a folder of the same layout. See docs/dynamics_data.md, "MazurkaBL".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.errors import DataError, UserError
from percepiano_core.spreadsheet import read_lines

BEAT_TIMES, BEAT_LOUDNESS = ("beat_time", "beat_time.csv"), ("beat_dyn", "beat_dynNORM.csv")
POSITION_COLUMNS = ["measure_number", "beat_number"]
LEVELS = ("pp", "p", "mf", "f", "ff")  # every dynamic level that the marks hold
EXCLUDED_MAZURKAS = ("M06-4", "M63-2")  # their marks hold tempo words in place of levels
PID_CORRECTIONS = {("M41-1", "pid9070b-01"): "pid9070b-09"}  # the sone file and the discography have the latter
UNRELIABLE = {  # recordings that the published training left out, for their annotations
    "M17-4": ("pid9058-13", "pid9173-18", "pid9161-12", "pid9050-13", "pid9170-13"),
    "M33-4": ("pid9080-08", "pid9068-15", "pid9125-13", "pid9057f-02"),
    "M50-3": ("pid9085-05",),
    "M56-3": ("pid9063b-10",),
}
CURVE_HOP, CURVE_RATE = 512, 44100  # row k of a loudness curve is at (k + 1) * 512 / 44100 s
UNPACK = "unpack the corpus again, or correct the file"


@dataclass(frozen=True, slots=True)
class Mark:
    """A dynamic level written in the score, at a beat (row of the beat table, from 0)."""

    beat: int
    level: str


@dataclass(frozen=True, slots=True, eq=False)
class BeatTable:
    """A value for every beat of a score (row) and recording (column).

    Attributes
    ----------
    measure : [n] number of the measure
    beat : [n] beat in its measure, from 0; a score that begins with a one-beat pickup begins at 2
    columns : pid (with its prefix "pid") -> [n] values
    """

    measure: np.ndarray
    beat: np.ndarray
    columns: dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Mazurka:
    """One mazurka: its beats in every recording (seconds), and the dynamic marks of its score."""

    name: str  # as "M06-1"
    beats: BeatTable
    marks: tuple[Mark, ...]


def list_mazurkas(root: Path | str, excluded: tuple[str, ...] = EXCLUDED_MAZURKAS) -> list[str]:
    """Names of the mazurkas with beat times, sorted; UserError if the folder holds none."""
    folder, ending = BEAT_TIMES
    names = sorted(path.name.removesuffix(ending) for path in (Path(root) / folder).glob(f"*{ending}"))
    if not names:
        raise UserError(root, f"no MazurkaBL here ({folder}/*{ending} is missing)", "unpack the corpus there")
    return [name for name in names if name not in excluded]


def read_mazurka(root: Path | str, name: str) -> Mazurka:
    """Beat times and marks of one mazurka; DataError for a file that is missing or broken."""
    beats = _read_beats(root, name, BEAT_TIMES)
    for pid, times in beats.columns.items():
        if (np.diff(times) <= 0).any():
            row = int(np.argmax(np.diff(times) <= 0)) + 1
            raise DataError(_path(root, name, BEAT_TIMES), f"beat {row + 1} of {pid} is not after the last", UNPACK)
    marks = read_marks(Path(root) / "markings_dyn" / f"{name}markings.csv", len(beats.beat))
    return Mazurka(name, beats, marks)


def read_beat_loudness(root: Path | str, name: str) -> BeatTable:
    """Loudness at the beats of every recording, published with its maximum at 1 and smoothed over about 2 s.

    In M07-2, M24-3 and M41-2 the number of rows differs from that of the beat times: do not pair those by row.
    """
    return _read_beats(root, name, BEAT_LOUDNESS)


def read_marks(path: Path, beats: int) -> tuple[Mark, ...]:
    """Dynamic marks of a score of so many beats: line 2 holds beats (from 1), line 3 levels."""
    _, positions, levels = (*_rows(path), [], [], [])[:3]
    positions, levels = [cell for cell in positions if cell], [cell for cell in levels if cell]
    if len(positions) != len(levels) or not positions:
        raise DataError(path, f"it has {len(positions)} beats for {len(levels)} dynamic marks", UNPACK)
    unknown = sorted(set(levels) - set(LEVELS))
    if unknown:
        raise DataError(
            path, f"{unknown[0]!r} is not one of {', '.join(LEVELS)}", "write one of these, or leave the piece out"
        )
    rows = [_number(path, 2, cell) - 1 for cell in positions]
    if any(not row.is_integer() or not 0 <= row < beats for row in rows) or sorted(set(rows)) != rows:
        raise DataError(path, f"its beats are not whole, increasing and within 1 to {beats}", UNPACK)
    return tuple(Mark(int(row), level) for row, level in zip(rows, levels, strict=True))


def beat_times_path(root: Path | str, name: str) -> Path:
    """Where the beat times of a mazurka are."""
    return _path(root, name, BEAT_TIMES)


def curve_path(root: Path | str, name: str, pid: str) -> Path:
    """Where the loudness curve of a recording is."""
    return Path(root) / "sones" / name / f"{pid}Ntot.csv"


def read_loudness_curve(root: Path | str, name: str, pid: str) -> np.ndarray:
    """Total loudness [rows] in sone of a recording; row k is at (k + 1) * 512 / 44100 s."""
    path = curve_path(root, name, pid)
    try:
        table = np.loadtxt(path, delimiter=",", ndmin=2)
    except FileNotFoundError:
        raise DataError(path, "no such loudness curve", "write the curves from the pack (decode_sones.py)") from None
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror})", UNPACK) from None
    except ValueError as error:
        raise DataError(path, f"not a loudness curve ({' '.join(str(error).split())})", UNPACK) from None
    if table.shape[1:] != (2,) or not len(table):
        raise DataError(path, "not a loudness curve (rows of seconds and sone)", UNPACK)
    times = np.arange(1, len(table) + 1) * CURVE_HOP / CURVE_RATE
    if np.abs(table[:, 0] - times).max() > 1e-4 or not np.isfinite(table[:, 1]).all():
        raise DataError(path, "its rows are not 512 samples at 44100 Hz apart", UNPACK)
    return table[:, 1]


def _read_beats(root: Path | str, name: str, kind: tuple[str, str]) -> BeatTable:
    path = _path(root, name, kind)
    header, *rows = _rows(path)
    if header[1:3] != POSITION_COLUMNS or len(header) < 4 or not rows:
        raise DataError(path, "its columns are not index, measure_number, beat_number and recordings", UNPACK)
    values = np.empty((len(rows), len(header)))
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DataError(path, f"line {line} has {len(row)} cells in place of {len(header)}", UNPACK)
        values[line - 2] = [_number(path, line, cell) for cell in row]
    pids = [PID_CORRECTIONS.get((name, pid), pid) for pid in header[3:]]
    if len(set(pids)) != len(pids):
        raise DataError(path, "two columns have the same name", UNPACK)
    measure, beat = values[:, 1:3].astype(int).T
    return BeatTable(measure, beat, dict(zip(pids, values[:, 3:].T.copy(), strict=True)))


def _path(root: Path | str, name: str, kind: tuple[str, str]) -> Path:
    folder, ending = kind
    return Path(root) / folder / f"{name}{ending}"


def _rows(path: Path) -> list[list[str]]:
    """Cells of the lines that are not empty, the header's first; people write such tables for their own recordings."""
    return read_lines(path, (*POSITION_COLUMNS, *LEVELS), DataError)


def _number(path: Path, line: int, cell: str) -> float:
    try:
        number = float(cell if "." in cell else cell.replace(",", "."))  # a decimal comma
    except ValueError:
        raise DataError(path, f"line {line} holds {cell!r} in place of a number", UNPACK) from None
    if not np.isfinite(number):
        raise DataError(path, f"line {line} holds {cell!r}, which is not a finite number", UNPACK)
    return number
