"""Score notes with every repeat played, for recordings that follow the repeats.

Each pass renames its notes as partitura does: "n12-1", "n12-2". PercePiano's paired scores have no repeats; corpora of
whole movements, such as ASAP, do.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from percepiano_core.alignment.deferred_import import UNUSED_BY_SCORES, deferring
from percepiano_core.alignment.score_notes import load_score, reading_with_partitura, score_notes
from percepiano_core.corpus.musicxml import read_musicxml

with deferring(*UNUSED_BY_SCORES):
    from partitura.score import Score, unfold_part_maximal

RECURSION_LIMIT = 200_000  # partitura copies a score's linked objects recursively, several levels a note
STACK_BYTES = 512 * 1024 * 1024  # what so deep a recursion can need; a raised limit alone can crash the interpreter


def read_unfolded_score_notes(path: Path | str) -> np.ndarray:
    """Read a score's notes as written (no tremolo expanded, no unison merged), every repeat played.

    Returns ALIGNED_NOTE_DTYPE [s] by (onset, pitch). DataError if the score is unusable or cannot be unfolded.
    """
    read_musicxml(path)
    with reading_with_partitura(path):
        score = load_score(path)
        return score_notes(with_deep_stack(lambda: unfold_part_maximal(score, update_ids=True)))[0]


def with_deep_stack(function: Callable[[], Score]) -> Score:
    """Run `function` where deep recursion is safe, and hand on its result or its exception."""
    outcome: list[Score] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            failure.append(error)

    limit, stack = sys.getrecursionlimit(), threading.stack_size(STACK_BYTES)
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(stack)
    if failure:
        raise failure[0]
    return outcome[0]
