"""The synthetic corpus on disk: scores, performances, ratings, and everything that is known about them.

The folder is written beside its place and renamed, so that it is whole or absent. Every file depends only on the
parameters and on this package's source, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from percepiano_core.corpus.manifest import write_manifest
from percepiano_core.corpus.records import Performance
from percepiano_core.corpus.synthetic import tables
from percepiano_core.corpus.synthetic.catalogue import plan_segments
from percepiano_core.corpus.synthetic.composition import compose
from percepiano_core.corpus.synthetic.engraving import engrave
from percepiano_core.corpus.synthetic.midi_file import midi_bytes
from percepiano_core.corpus.synthetic.music import SegmentScore, stream
from percepiano_core.corpus.synthetic.perception import PIECE_KEYS, POINTS, WEIGHTS, piece_values, truth
from percepiano_core.corpus.synthetic.pianists import DEADPAN, PARAMETERS, expression
from percepiano_core.corpus.synthetic.playing import Playing, play
from percepiano_core.corpus.synthetic.raters import COLUMNS, rating_rows
from percepiano_core.corpus.synthetic.readme import readme
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.table_io import read_rows, write_rows

PARAMETERS_FILE = "parameters.json"
COMPOSER = "Synthetic"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a corpus is made from: seed, number of segments, number of human-like pianists."""

    seed: int = 0
    segments: int = 14
    pianists: int = 11


@dataclass(frozen=True, slots=True)
class _Take:
    """One performance with all that is known about it."""

    record: Performance
    score: SegmentScore
    expression: dict[str, float]
    truth: dict[str, float]
    playing: Playing


def write_corpus(target: Path, settings: Settings) -> bool:
    """Write the corpus to `target`; False if it already holds the corpus of these settings.

    A synthetic corpus of other settings is replaced. UserError if the folder holds anything else.
    """
    stamp = _stamp(settings)
    if _is_whole(target, stamp):
        return False
    _refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _write_files(scratch, settings, stamp)
        scratch.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        scratch.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return True


def _stamp(settings: Settings) -> str:
    """Contents of parameters.json: the settings, and a digest of the code that they were given to."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return json.dumps({"synthetic": True, **asdict(settings), "generator_sha256": digest.hexdigest()}, indent=2) + "\n"


def _is_whole(target: Path, stamp: str) -> bool:
    """Whether the folder has this stamp, and every file that its manifest names (a workflow may have deleted some)."""
    stamped = target / PARAMETERS_FILE
    if not stamped.is_file() or stamped.read_text(encoding="utf-8") != stamp:
        return False
    manifest = target / "manifest.csv"
    if not manifest.is_file() or not all((target / name).is_file() for name in tables.NAMES):
        return False
    rows = read_rows(manifest, ("midi", "score", "performance"))
    named = [(row["midi"], row["score"], f"alignment/{row['performance']}.csv") for row in rows]
    return all((target / name).is_file() for names in named for name in names)


def _refuse_foreign(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise UserError(target, "is a file, not a folder", "name another folder for the synthetic corpus")
    known = {PARAMETERS_FILE, "README.md", "manifest.csv", "scores", "performances", "alignment", *tables.NAMES}
    found = {path.name for path in target.iterdir() if not path.name.startswith(".")} if target.exists() else set()
    if found - known:
        other = sorted(found - known)[0]
        raise UserError(target, f"holds {other!r}, so it is no synthetic corpus", "name an empty or a new folder")


def _write_files(root: Path, settings: Settings, stamp: str) -> None:
    for folder in ("scores", "performances", "alignment"):
        (root / folder).mkdir()
    scores = [compose(plan, settings.seed) for plan in plan_segments(settings.segments)]
    takes = [take for score in scores for take in _takes(root, score, settings)]
    takes.sort(key=lambda take: take.record.performance)
    _write_tables(root, scores, takes, settings)
    (root / "README.md").write_text(readme(len(scores), len(takes), settings.seed), encoding="utf-8")
    (root / PARAMETERS_FILE).write_text(stamp, encoding="utf-8")


def _takes(root: Path, score: SegmentScore, settings: Settings) -> list[_Take]:
    """Engrave one segment and let everybody play it."""
    engraved = engrave(score)
    path = f"scores/{_name(score, DEADPAN)}.musicxml"
    (root / path).write_bytes(engraved)
    players = [DEADPAN, *(str(number) for number in range(1, settings.pianists + 1))]
    return [_take(root, score, player, path, engraved, settings.seed) for player in players]


def _take(root: Path, score: SegmentScore, player: str, score_path: str, engraved: bytes, seed: int) -> _Take:
    name = _name(score, player)
    values = expression(seed, player, score.work, score.text, score.segment)
    playing = play(score, values, stream(seed, "playing", name))
    midi = midi_bytes(playing, late_end=player == "1" and score.number.lstrip("0") == "1")
    path = f"performances/{name}.mid"
    (root / path).write_bytes(midi)
    record = Performance(
        performance=name,
        segment=score.segment,
        piece=score.piece,
        work=score.work,
        movement=score.work,
        composer=COMPOSER,
        bars=score.bars,
        segment_number=score.number,
        player=player,
        performer=f"{score.work}/{player}",
        player_index=0 if player == DEADPAN else int(player),
        deadpan=player == DEADPAN,
        midi=path,
        score=score_path,
        midi_sha256=hashlib.sha256(midi).hexdigest(),
        score_sha256=hashlib.sha256(engraved).hexdigest(),
    )
    write_rows(root / "alignment" / f"{name}.csv", tables.ALIGNMENT_COLUMNS, tables.alignment_rows(playing))
    return _Take(record, score, values, truth(score, values), playing)


def _name(score: SegmentScore, player: str) -> str:
    """Performance name `<piece>_<B>bars_<player>_<number>`, the real corpus's grammar."""
    return f"{score.piece}_{score.bars}bars_{player}_{score.number}"


def _write_tables(root: Path, scores: Sequence[SegmentScore], takes: Sequence[_Take], settings: Settings) -> None:
    write_manifest(root / "manifest.csv", [take.record for take in takes])
    truths = {take.record.performance: take.truth for take in takes}
    write_rows(root / "ratings.csv", COLUMNS, rating_rows(settings.seed, truths))
    keys = [parameter.key for parameter in PARAMETERS]
    write_rows(
        root / "expression.csv",
        ["performance", *keys],
        ([take.record.performance, *(f"{take.expression[key]:.6f}" for key in keys)] for take in takes),
    )
    write_rows(
        root / "truth.csv",
        ["performance", *DIMENSION_KEYS],
        ([name, *(f"{values[key] / POINTS:.6f}" for key in DIMENSION_KEYS)] for name, values in truths.items()),
    )
    write_rows(
        root / "beats.csv",
        tables.BEAT_COLUMNS,
        (
            (take.record.performance, *row)
            for take in takes
            for row in tables.beat_rows(take.score, take.expression, take.playing)
        ),
    )
    piece_keys = [key for key in PIECE_KEYS if key != "deadpan"]
    write_rows(
        root / "segments.csv",
        [*tables.SEGMENT_COLUMNS, *piece_keys],
        (
            (*tables.segment_row(score), *(f"{piece_values(score)[key]:.6f}" for key in piece_keys))
            for score in sorted(scores, key=lambda score: score.segment)
        ),
    )
    weights = ((d, key, f"{weight:g}") for d in DIMENSION_KEYS for key, weight in WEIGHTS[d].items())
    write_rows(root / "weights.csv", ("dimension", "parameter", "weight"), weights)
