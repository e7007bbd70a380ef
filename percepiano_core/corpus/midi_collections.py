"""Unlabelled performances as MIDI, for pre-training: ASAP and MAESTRO, less the works that are rated.

ASAP: Foscarin et al. (ISMIR 2020). MAESTRO: Hawthorne et al., "Enabling factorized piano music modeling and generation
with the MAESTRO dataset" (ICLR 2019); of the versions in a folder, the latest. Each lists its performances in a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.corpus.asap import below, read_metadata
from percepiano_core.errors import UserError
from percepiano_core.spreadsheet import read_sheet

ASAP_COLUMNS = ("composer", "title", "midi_performance")
IN_MAESTRO = "maestro_midi_performance"  # where a performance of ASAP is in MAESTRO
MAESTRO_TABLE = "maestro-v*.csv"
MAESTRO_COLUMNS = ("canonical_composer", "canonical_title", "midi_filename", "split")
LEARNED = "train"  # the part of MAESTRO that its authors mean to be learned from


@dataclass(frozen=True, slots=True)
class CollectedPerformance:
    """A performance: its MIDI file, "composer: title" of the piece, and its score (None: the collection has none)."""

    midi: Path
    piece: str
    score: Path | None = None

    @property
    def composer(self) -> str:
        """Who composed the piece, as the collection spells it."""
        return self.piece.partition(":")[0]


def collect_performances(
    asap: Path | str | None, maestro: Path | str | None, leave_out: Sequence[str], learned_alone: bool = True
) -> list[CollectedPerformance]:
    """Performances of both collections (None: not at hand) whose MIDI file is there, in order of piece and file.

    A piece that one of the regular expressions `leave_out` is found in is left out, capitals or not. With MAESTRO, the
    performances of ASAP that are parts of it are not taken twice. Of MAESTRO the train part of its own split is taken
    (`learned_alone`), or all. UserError if a folder holds no such collection.
    """
    rated = [_expression(each) for each in leave_out]
    of_maestro = _maestro(Path(maestro), learned_alone) if maestro else []
    found = [*(_asap(Path(asap), maestro is not None) if asap else []), *of_maestro]
    kept = [each for each in found if not any(pattern.search(each.piece) for pattern in rated)]
    return sorted((each for each in kept if each.midi.is_file()), key=lambda each: (each.piece, each.midi))


def with_scores(performances: Sequence[CollectedPerformance], of_a_score: int) -> list[CollectedPerformance]:
    """Those whose score is there; of each score the first `of_a_score`."""
    taken: Counter[Path] = Counter()
    chosen = []
    for each in performances:
        if each.score is not None and each.score.is_file() and taken[each.score] < of_a_score:
            taken[each.score] += 1
            chosen.append(each)
    return chosen


def _asap(root: Path, without_maestro: bool) -> list[CollectedPerformance]:
    needed, other = ((*ASAP_COLUMNS, IN_MAESTRO), ()) if without_maestro else (ASAP_COLUMNS, (IN_MAESTRO,))
    return [
        CollectedPerformance(root / row["midi_performance"], f"{row['composer']}: {row['title']}", _score(root, row))
        for row in read_metadata(root, needed, ("xml_score", *other))
        if not (without_maestro and row[IN_MAESTRO])
    ]


def _score(root: Path, row: Mapping[str, str]) -> Path | None:
    return root / row["xml_score"] if row.get("xml_score") else None


def _maestro(root: Path, learned_alone: bool) -> list[CollectedPerformance]:
    return [
        CollectedPerformance(root / row["midi_filename"], f"{row['canonical_composer']}: {row['canonical_title']}")
        for row in _maestro_table(root)
        if row["split"].lower() == LEARNED or not learned_alone
    ]


def _maestro_table(root: Path) -> list[dict[str, str]]:
    """Rows of the table of the latest version; UserError if there is none, or it lacks a column."""
    tables = sorted(root.glob(MAESTRO_TABLE), key=lambda path: [int(part) for part in re.findall(r"\d+", path.name)])
    if not tables:
        raise UserError(root, f"does not hold MAESTRO ({MAESTRO_TABLE} is missing)", below(root, MAESTRO_TABLE))
    sheet = read_sheet(tables[-1], MAESTRO_COLUMNS)
    places = sheet.places(MAESTRO_COLUMNS, MAESTRO_COLUMNS)
    return [{name: cells[place].strip() for name, place in places.items()} for _, cells in sheet.rows]


def _expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise UserError(
            f"leave_out {pattern}", f"is no regular expression ({error})", "write it as Python reads it"
        ) from None
