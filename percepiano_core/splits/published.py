"""The two published splits: `performer` (exact) and `segment` (equivalent of the published piece split).

Rules: docs/splits.md, "Exact rules". Both keep one test set for all folds.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from functools import partial

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.splits.folds import Fold, SplitCorpus, assign
from percepiano_core.splits.registry import register

TEST_SHARE = 0.15  # of all performances


@register(
    holds_out="performers never trained on; the same segments are in train by other performers",
    keeps_apart=("player",),
    complete=False,
)
def performer(
    corpus: SplitCorpus,
    test_indices: Sequence[int] = (1, 2),
    valid_indices: Sequence[Sequence[int]] = ((3, 4), (5, 6), (7, 8), (9, 10)),
) -> dict[str, Fold]:
    """Deal by `player_index`: a fold for each entry of `valid_indices`, the same test in all."""

    def fold(valid: Sequence[int]) -> Fold:
        roles = dict.fromkeys(valid, "valid") | dict.fromkeys(test_indices, "test")
        return assign(corpus.performances, lambda played: roles.get(played.player_index, "train"))

    return {str(number): fold(valid) for number, valid in enumerate(valid_indices)}


@register(
    holds_out="segments never trained on; the same pieces, players and texts are in train",
    keeps_apart=("segment",),
    complete=False,
)
def segment(corpus: SplitCorpus, draw: int = 42, folds: int = 4) -> dict[str, Fold]:
    """Draw whole segments into test until it holds 15 %, deal the others to valid folds in turn."""
    generator = random.Random(draw)
    sizes = _shuffled_segments(corpus.performances, generator)
    test = _draw_test(sizes, TEST_SHARE * len(corpus.performances), generator)
    rest = [name for name in sizes if name not in test]
    valid_fold = {name: position % folds for position, name in enumerate(rest)}

    def role(played: Performance, fold: int) -> str:
        if played.segment in test:
            return "test"
        return "valid" if valid_fold[played.segment] == fold else "train"

    return {str(fold): assign(corpus.performances, partial(role, fold=fold)) for fold in range(folds)}


def _shuffled_segments(performances: Sequence[Performance], generator: random.Random) -> dict[str, int]:
    """Number of performances of each segment, segments in order of first appearance after shuffling performances."""
    names = [played.segment for played in performances]
    generator.shuffle(names)
    return dict(Counter(names))


def _draw_test(sizes: dict[str, int], wanted: float, generator: random.Random) -> set[str]:
    """Segments drawn one by one until they hold `wanted` performances; a segment with one performance stays."""
    left, test, held = dict(sizes), set(), 0
    while held < wanted:
        if max(left.values(), default=0) < 2:
            problem = "the corpus has too few segments with more than one performance to draw a test set from"
            raise UserError("split segment", problem, "leave this split out of the configuration")
        drawn = generator.choice(list(left))
        if left[drawn] > 1:
            held += left.pop(drawn)
            test.add(drawn)
    return test
