"""The tracks of dynamics: T1 real loudness curves, T2 rendered ASAP, the synthetic corpus (T3: your recordings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from percepiano_core.corpus.asap_dynamics import marked_recordings, piece_name
from percepiano_core.corpus.mazurkabl import list_mazurkas
from percepiano_core.corpus.root import VARIABLES, corpus_folder, overriding, telling_variable
from percepiano_core.errors import UserError
from percepiano_core.plan.corpora import RatedCorpus, check_path
from percepiano_core.splits.asap_blocks import piece_block
from percepiano_core.splits.piece_folds import FOLDS, read_blocks

EXAMPLES = {
    "T1": "results/dynamics/examples/mazurkabl/{piece}.h5",
    "T2": "results/dynamics/examples/asap/{piece}.h5",
    "synthetic": "results/dynamics/examples/synthetic/{piece}.h5",
}
"""Track -> container of the recordings of a piece."""
QUALITY = {
    "T1": "results/quality/dynamics/mazurkabl/{piece}.csv",
    "T2": "results/quality/dynamics/asap/{piece}.csv",
}
"""Track -> list of what was wrong with a piece; composed pieces have no faults."""
CORPORA = {"T1": "mazurkabl", "T2": "asap", "synthetic": "rated"}


@dataclass(frozen=True)
class Track:
    """A track: its name, the folder of its corpus (None: none is named), and piece -> block of the folds."""

    name: str
    root: Path | None
    blocks: dict[str, int]

    @property
    def examples(self) -> list[str]:
        """Containers of its recordings, in order of the pieces."""
        return [EXAMPLES[self.name].format(piece=piece) for piece in sorted(self.blocks)]

    @property
    def place(self) -> str:
        """The folder that its corpus is looked for in, and who names it."""
        if self.root is None:
            return "any named folder"
        corpus = CORPORA[self.name]
        return f"{self.root} ({VARIABLES[corpus]})" if overriding(corpus) else str(self.root)

    @property
    def quality(self) -> list[str]:
        """Lists of what was wrong with its pieces."""
        return [QUALITY[self.name].format(piece=piece) for piece in sorted(self.blocks)] if self.name in QUALITY else []


def track_named(name: str, corpora: Mapping[str, Any], rated: RatedCorpus) -> Track:
    """A track by its name; without pieces where its corpus is not there."""
    if name == "synthetic":
        pieces = sorted({each.piece for each in rated.performances}) if rated.kind == "synthetic" else []
        return Track(name, rated.root, {piece: index % FOLDS for index, piece in enumerate(pieces)})
    corpus = CORPORA[name]
    root = corpus_folder(corpus, corpora[corpus])
    if root is None or not root.is_dir():
        return Track(name, root, {})
    check_path(root)
    with telling_variable(corpus):
        return Track(name, root, _blocks(name, root))


def _blocks(name: str, root: Path) -> dict[str, int]:
    """Piece -> block of the folds."""
    if name == "T1":
        blocks = read_blocks()
        unknown = [mazurka for mazurka in list_mazurkas(root) if mazurka not in blocks]
        if unknown:
            problem = f"{unknown[0]} is no mazurka of MazurkaBL"
            raise UserError(root, problem, "take its files out; recordings of your own go to corpora.recordings")
        return {mazurka: blocks[mazurka] for mazurka in list_mazurkas(root)}
    return {piece: piece_block(piece) for piece in {piece_name(r) for r in marked_recordings(root)}}
