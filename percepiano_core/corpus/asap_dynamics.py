"""What ASAP holds for dynamics and metre: annotated beats of performances, and the level marks of scores.

See `asap.py` for the corpus, docs/dynamics_data.md, "ASAP", for what is in it.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element

import numpy as np

from percepiano_core.corpus.asap import UNPACK, AsapRecording, list_recordings
from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.errors import DataError
from percepiano_core.spreadsheet import read_text

BEAT, DOWNBEAT, UNCERTAIN = "b", "db", "bR"  # kinds of annotated beats
LEVEL_OF_MARK = {  # static marks of scores, folded to five levels
    **{"pppp": "pp", "ppp": "pp", "pp": "pp", "p": "p", "mp": "mf", "mf": "mf"},
    **{"f": "f", "ff": "ff", "fff": "ff", "ffff": "ff"},
}
MARK = re.compile(rb"<(%s)\s*/>" % b"|".join(mark.encode() for mark in LEVEL_OF_MARK))  # in MusicXML


@dataclass(frozen=True, slots=True, eq=False)
class BeatAnnotations:
    """Beats of one performance.

    Attributes
    ----------
    times : [n] seconds, increasing
    downbeat : [n] bool
    uncertain : [n] bool, beats whose position the annotators could not determine
    metre : [n, 2] numerator and denominator of the time signature, 0 before the first one; it may change
    """

    times: np.ndarray
    downbeat: np.ndarray
    uncertain: np.ndarray
    metre: np.ndarray


@dataclass(frozen=True, slots=True)
class LevelMark:
    """A static dynamic mark of a score, at quarters from the beginning of the written score."""

    quarter: float
    mark: str  # a key of LEVEL_OF_MARK


@dataclass(frozen=True, slots=True, eq=False)
class MarkedScore:
    """Level marks of a score, in order, and where its notes are: id -> quarters. No repeat is played."""

    marks: tuple[LevelMark, ...]
    notes: dict[str, float]


def marked_recordings(root: Path | str) -> list[AsapRecording]:
    """Recordings with beats, a robust alignment, and a level mark in their score, in the corpus's order.

    Without a mark there is nothing to learn of levels, and that nothing changes would be wrong. UserError if the folder
    holds no ASAP corpus.
    """
    root = Path(root)
    robust = [each for each in list_recordings(root) if each.robust]
    marked = {score for score in {each.score for each in robust} if MARK.search((root / score).read_bytes())}
    return [each for each in robust if each.score in marked and (root / annotations_path(each.midi)).is_file()]


def piece_name(recording: AsapRecording) -> str:
    """What is played, as "Beethoven/Piano_Sonatas_24-1"."""
    return f"{recording.composer}/{recording.title}"


def performance_name(recording: AsapRecording) -> str:
    """Which performance of it, as "Beethoven/Piano_Sonatas_24-1/Lou02M"."""
    return f"{piece_name(recording)}/{PurePosixPath(recording.midi).stem}"


def annotations_path(midi: str) -> str:
    """Where the annotations of a performance are, from its MIDI file; both relative to the corpus root."""
    return f"{midi.removesuffix('.mid')}_annotations.txt"


def read_beat_annotations(path: Path | str) -> BeatAnnotations:
    """Read an annotation file of a performance; DataError if it is missing or something else."""
    try:
        text = io.StringIO(read_text(path, DataError), newline="")
        rows = [row for row in csv.reader(text, delimiter="\t") if row]
        times = np.array([float(row[0]) for row in rows])
        labels = [[*row[2].split(","), ""][:2] for row in rows]
        metre = _metres([signature for _, signature in labels])
    except (IndexError, ValueError, csv.Error) as error:
        raise DataError(path, f"not beat annotations ({error})", UNPACK) from None
    kinds = np.array([kind for kind, _ in labels])
    if not rows or not set(kinds) <= {BEAT, DOWNBEAT, UNCERTAIN} or (np.diff(times) < 0).any():
        raise DataError(path, "not beat annotations (kinds of beats in order of time)", UNPACK)
    return BeatAnnotations(times, kinds == DOWNBEAT, kinds == UNCERTAIN, metre)


def read_marked_score(path: Path | str) -> MarkedScore:
    """Read the static marks in the directions of a score, and its notes that have ids; DataError for a broken score."""
    marks: list[LevelMark] = []
    notes: dict[str, float] = {}
    for part in read_musicxml(path).iterfind("part"):
        _PartReader(marks, notes).read(part)
    return MarkedScore(tuple(sorted(marks, key=lambda mark: mark.quarter)), notes)


def _metres(signatures: list[str]) -> np.ndarray:
    """Numerator and denominator [n, 2] in force at each beat."""
    metres, current = [], (0, 0)
    for signature in signatures:
        if signature:
            numerator, denominator = signature.split("/")
            current = (int(numerator), int(denominator))
        metres.append(current)
    return np.array(metres, dtype=np.int64).reshape(-1, 2)


class _PartReader:
    """Follows the written time of one part; positions are exact until they are handed over."""

    def __init__(self, marks: list[LevelMark], notes: dict[str, float]) -> None:
        self.marks, self.notes = marks, notes
        self.divisions = 1
        self.cursor, self.chord_start = Fraction(0), Fraction(0)

    def read(self, part: Element) -> None:
        """Add the marks and notes of a part. A measure ends where its longest voice does."""
        for measure in part.iterfind("measure"):
            end = self.cursor
            for element in measure:
                self._read_element(element)
                end = max(end, self.cursor)
            self.cursor = end

    def _read_element(self, element: Element) -> None:
        if element.tag == "attributes":
            self.divisions = int(element.findtext("divisions") or self.divisions)
        elif element.tag == "note":
            self._read_note(element)
        elif element.tag == "direction":
            self._read_direction(element)
        elif element.tag in ("forward", "backup"):
            self.cursor += self._duration(element) * (1 if element.tag == "forward" else -1)

    def _read_note(self, note: Element) -> None:
        if note.find("chord") is None:
            self.chord_start = self.cursor
            self.cursor += self._duration(note)
        if note.find("pitch") is not None and "id" in note.attrib:
            self.notes[note.attrib["id"]] = float(self.chord_start)

    def _read_direction(self, direction: Element) -> None:
        offset = Fraction(direction.findtext("offset") or 0) / self.divisions
        for mark in direction.iterfind("direction-type/dynamics/*"):
            if mark.tag in LEVEL_OF_MARK:
                self.marks.append(LevelMark(float(self.cursor + offset), mark.tag))

    def _duration(self, element: Element) -> Fraction:
        return Fraction(element.findtext("duration") or 0) / self.divisions
