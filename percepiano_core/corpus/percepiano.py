"""The published PercePiano corpus (JonghoKimSNU/PercePiano), in its own folder layout.

Names follow a grammar (docs/corpus.md, "Names"). Only names are read here, no file is opened, so that
the list of performances is cheap to have. Deviation from the published code: blanks around a file name are stripped,
which keeps the one performance that the published code loses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.quality import LEFT_OUT, QualityLine

PERFORMANCES = "virtuoso/data/all_2rounds"
SCORES = "virtuoso/data/score_xml"
SCORE_MIDI = "virtuoso/data/score_midi"
RATINGS = "labels/total_2rounds.csv"
OWN_MANIFEST = "manifest.csv"  # what a corpus of another layout has (manifest_reader)
PUBLISHED_MEANS = "label_2round_mean_reg_19_with0_rm_highstd0.json"
PUBLISHED_STDS = "label_2round_std_reg_19_with0_rm_highstd0.json"

NAME = re.compile(
    r"(?P<piece>Beethoven_WoO80_(?:thema|var\d+)|Schubert_D935_no\.3|Schubert_D960_mv[23])"
    r"_(?P<bars>4|8|16)bars_(?P<player>\d+|Score2?)_(?P<number>\d+)"
)
# m2pf_dataset_performerfold.py: Beethoven's players are dealt by their place in this list, Schubert's by their number.
BEETHOVEN_PLAYERS = ("1", "2", "3", "4", "7", "11", "14", "18", "19", "22", "24", "26")
DEADPAN = {"Score": 0, "Score2": -1}  # player of a deadpan performance -> the published performer index


@dataclass(frozen=True, slots=True)
class Name:
    """The fields of a file name; `number` is text, zero-padded in D960 alone."""

    piece: str
    bars: int
    player: str
    number: str

    @property
    def segment(self) -> str:
        """The excerpt that was played: the name without its player."""
        return f"{self.piece}_{self.bars}bars_{self.number}"

    @property
    def score(self) -> str:
        """Stem of the segment's score, in the folders of MusicXML and of score MIDI alike."""
        return f"{self.piece}_{self.bars}bars_Score_{self.number}"

    @property
    def work(self) -> str:
        """WoO80, D935 or D960."""
        return self.piece.split("_")[1]

    @property
    def movement(self) -> str:
        """The work, or D960mv2 and D960mv3."""
        return self.work + self.piece.rsplit("_", 1)[1] if self.work == "D960" else self.work


def stem_of(file: str) -> str:
    """File name without its extension and without blanks around it."""
    return file.rpartition(".")[0].strip()


def parse_name(file: str) -> Name | None:
    """Fields of a file name with an extension; None if the name is outside the grammar."""
    match = NAME.fullmatch(stem_of(file))
    return Name(match["piece"], int(match["bars"]), match["player"], match["number"]) if match else None


def ratings_path(root: Path) -> Path:
    """The table of single ratings."""
    return root / RATINGS


def check_root(root: Path) -> None:
    """Raise UserError if a folder or the ratings table is missing, or no performance has a score."""
    remedy = "set PERCEPIANO_ROOT to a clone of github.com/JonghoKimSNU/PercePiano, or leave it unset to download it"
    if not root.is_dir():
        raise UserError(root, "the PercePiano corpus is not there", remedy)
    missing = [part for part in (PERFORMANCES, SCORES) if not (root / part).is_dir()]
    missing += [part for part in (RATINGS,) if not (root / part).is_file()]
    if missing and (root / OWN_MANIFEST).is_file():
        remedy = "set the reader of the rated corpus to manifest"
        raise UserError(root, f"it is no clone of PercePiano, but a corpus of its own with {OWN_MANIFEST}", remedy)
    if missing:
        raise UserError(root, f"the PercePiano corpus is incomplete ({', '.join(missing)} missing)", remedy)
    if not survey(root)[0]:
        raise UserError(root, f"the PercePiano corpus is empty (no performance with a score in {PERFORMANCES})", remedy)


def survey(root: Path) -> tuple[list[Performance], list[QualityLine]]:
    """Performances sorted by name, and a line for each file that is left out of them."""
    performed = _file_names(root / PERFORMANCES)
    scores = _file_names(root / SCORES)
    lines: list[QualityLine] = []
    scores_by_stem = _unique_stems(SCORES, [name for name in scores if name.endswith(".musicxml")], lines)
    midi_by_stem = _unique_stems(PERFORMANCES, [name for name in performed if name.endswith(".mid")], lines)
    performances = []
    for stem, file in sorted(midi_by_stem.items()):
        name = parse_name(file)
        if name is None:
            lines.append(_unknown(PERFORMANCES, file))
        elif name.score not in scores_by_stem:
            lines.append(_without_score(stem, file, name))
        else:
            performances.append(_performance(stem, file, name, scores_by_stem[name.score]))
    lines += [_unknown(PERFORMANCES, file) for file in performed if not file.endswith(".mid")]
    lines += [_unknown(SCORES, file) for file in scores if not file.endswith(".musicxml") or not parse_name(file)]
    return performances, sorted(lines)


def _file_names(folder: Path) -> list[str]:
    """Sorted names of the visible files of a folder; directory order never counts."""
    try:
        return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise UserError(folder, f"cannot be listed ({error.strerror})", "give yourself the right to read it") from None


def _unique_stems(folder: str, files: Iterable[str], lines: list[QualityLine]) -> dict[str, str]:
    """Stem -> file name; of files with one stem the one named without blanks is kept, and a line is added."""
    kept: dict[str, str] = {}
    for file in sorted(files, key=lambda name: (name != name.strip(), name)):
        stem = stem_of(file)
        first = kept.setdefault(stem, file)
        if first != file:
            lines.append(
                QualityLine(
                    stage="corpus",
                    subject=stem,
                    file=f"{folder}/{file}",
                    problem=f"a second file with the name of '{first}', blanks apart",
                    consequence=f"left out; '{first}' is used",
                    remedy="delete or rename one of the two",
                )
            )
    return kept


def _unknown(folder: str, file: str) -> QualityLine:
    return QualityLine(
        stage="corpus",
        subject=stem_of(file) or file,
        file=f"{folder}/{file}",
        problem="not the name of a segment of PercePiano",
        consequence="left out",
        remedy="none needed, or rename it to <piece>_<n>bars_<player>_<segment>",
    )


def _without_score(stem: str, file: str, name: Name) -> QualityLine:
    return QualityLine(
        stage="corpus",
        subject=stem,
        file=f"{PERFORMANCES}/{file}",
        problem=f"its score {SCORES}/{name.score}.musicxml is missing",
        consequence=LEFT_OUT,
        remedy="restore the score",
    )


def _performance(stem: str, file: str, name: Name, score: str) -> Performance:
    return Performance(
        performance=stem,
        segment=name.segment,
        piece=name.piece,
        work=name.work,
        movement=name.movement,
        composer=name.piece.split("_")[0],
        bars=name.bars,
        segment_number=name.number,
        player=name.player,
        performer=f"{name.work}/{name.player}",
        player_index=_player_index(name),
        deadpan=name.player in DEADPAN,
        midi=f"{PERFORMANCES}/{file}",
        score=f"{SCORES}/{score}",
    )


def _player_index(name: Name) -> int:
    """The index that the published performer split deals by; -1, always in train, for a player outside its list."""
    if name.player in DEADPAN:
        return DEADPAN[name.player]
    if name.work != "WoO80":
        return int(name.player)
    return BEETHOVEN_PLAYERS.index(name.player) if name.player in BEETHOVEN_PLAYERS else -1
