"""The splits that test no performance twice: blocks of texts (rows) crossed with blocks of players (columns).

Rows keep whole text groups together, columns whole performers, so that a test block shares neither a text nor, where
columns are held out, a player with what it is tested against. Rules: docs/splits.md, "Exact rules".
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from percepiano_core.corpus.records import Performance
from percepiano_core.splits.folds import Fold, SplitCorpus, assign, player_order
from percepiano_core.splits.registry import register

BLOCKS = 4
VALID_SHARE = 0.15  # of the performances outside test
SEGMENT_CLEAN_SEED = 1000  # plus the number of the fold
WORK_SEED = 2000  # plus the position of the work


def row_blocks(corpus: SplitCorpus) -> dict[str, int]:
    """Text group -> row block 0-3, balanced inside each movement.

    Movements come in order of their first performance's name; their groups, largest first, each go to the block with
    the fewest performances of the movement so far (ties: fewest over all, then lowest number).
    """
    sizes: dict[str, Counter[str]] = {}
    for played in corpus.performances:
        sizes.setdefault(played.movement, Counter())[corpus.group(played)] += 1
    rows: dict[str, int] = {}
    overall = [0] * BLOCKS
    for groups in sizes.values():
        inside = [0] * BLOCKS
        for name, size in sorted(groups.items(), key=lambda item: (-item[1], item[0])):
            rows[name] = min(range(BLOCKS), key=lambda block: (inside[block], overall[block], block))
            inside[rows[name]] += size
            overall[rows[name]] += size
    return rows


def column_blocks(performances: Sequence[Performance], deadpan_columns: Mapping[str, int]) -> dict[str, int]:
    """Performer -> column block 0-3.

    The people of a work, sorted by number, are dealt to the blocks in turn. All deadpan performances of a work share
    one block: the one `deadpan_columns` names for the work, else the one with the fewest performances of its people.
    """
    columns: dict[str, int] = {}
    for work in dict.fromkeys(played.work for played in performances):
        inside = [played for played in performances if played.work == work]
        people = sorted({(player_order(p.player), p.performer) for p in inside if not p.deadpan})
        columns |= {name: position % BLOCKS for position, (_, name) in enumerate(people)}
        held = Counter(columns[p.performer] for p in inside if not p.deadpan)
        fewest = min(range(BLOCKS), key=lambda block: (held[block], block))
        columns |= {p.performer: deadpan_columns.get(work, fewest) for p in inside if p.deadpan}
    return columns


def valid_groups(corpus: SplitCorpus, rest: Iterable[Performance], seed: int) -> set[str]:
    """Text groups of `rest`, drawn whole while fewer than 15 % of its performances are taken (`gvalid`)."""
    sizes = Counter(corpus.group(played) for played in rest)
    names = sorted(sizes)
    random.Random(seed).shuffle(names)
    taken: set[str] = set()
    held = 0
    for name in names:
        if held < VALID_SHARE * sizes.total():
            taken.add(name)
            held += sizes[name]
    return taken


@register(
    holds_out="texts never trained on, every text once; the same players are in train",
    keeps_apart=("segment", "group", "file"),
    complete=True,
)
def segment_clean(corpus: SplitCorpus) -> dict[str, Fold]:
    """One fold for each row block; valid is drawn by text group from the other rows."""
    rows = row_blocks(corpus)

    def fold(block: int) -> Fold:
        test = {name for name, row in rows.items() if row == block}
        return _group_fold(corpus, test, SEGMENT_CLEAN_SEED + block)

    return {str(block): fold(block) for block in range(BLOCKS)}


@register(
    holds_out="works never trained on, every work once",
    keeps_apart=("work", "piece", "segment", "group", "file"),
    complete=True,
)
def work(corpus: SplitCorpus) -> dict[str, Fold]:
    """One fold for each work, by its first performance's name; valid is drawn by text group from the others."""
    groups: dict[str, set[str]] = {}
    for played in corpus.performances:
        groups.setdefault(played.work, set()).add(corpus.group(played))
    return {name: _group_fold(corpus, test, WORK_SEED + p) for p, (name, test) in enumerate(groups.items())}


@register(
    holds_out="players never trained on, every player once; the same segments are in train by other players",
    keeps_apart=("player", "file"),
    complete=True,
)
def player_clean(corpus: SplitCorpus, deadpan_columns: Mapping[str, int] | None = None) -> dict[str, Fold]:
    """One fold for each column block; valid is the next column."""
    columns = column_blocks(corpus.performances, deadpan_columns or {})

    def fold(block: int) -> Fold:
        roles = {block: "test", (block + 1) % BLOCKS: "valid"}
        return assign(corpus.performances, lambda played: roles.get(columns[played.performer], "train"))

    return {str(block): fold(block) for block in range(BLOCKS)}


@register(
    holds_out="texts never trained on by players never trained on, every performance once",
    keeps_apart=("segment", "group", "player", "file"),
    complete=True,
)
def both(corpus: SplitCorpus, deadpan_columns: Mapping[str, int] | None = None) -> dict[str, Fold]:
    """One fold "ij" for each cell of row i and column j; the rest of its row and column is left out of the fold.

    Valid is the diagonally next cell. It shares rows and columns with train, so early stopping is a little optimistic;
    test is untouched by that.
    """
    cells = [(row, column) for row in range(BLOCKS) for column in range(BLOCKS)]
    return _cell_folds(corpus, deadpan_columns, cells)


@register(
    holds_out="texts never trained on by players never trained on, every text block and player block once",
    keeps_apart=("segment", "group", "player", "file"),
    complete=False,
)
def both_diagonal(corpus: SplitCorpus, deadpan_columns: Mapping[str, int] | None = None) -> dict[str, Fold]:
    """The four folds of `both` on its diagonal, for models that are too costly for all sixteen."""
    return _cell_folds(corpus, deadpan_columns, [(block, block) for block in range(BLOCKS)])


def _cell_folds(
    corpus: SplitCorpus, deadpan_columns: Mapping[str, int] | None, cells: Iterable[tuple[int, int]]
) -> dict[str, Fold]:
    """Fold of each cell, tested against the cells that share neither its row nor its column."""
    rows = row_blocks(corpus)
    columns = column_blocks(corpus.performances, deadpan_columns or {})

    def fold(row: int, column: int) -> Fold:
        following = ((row + 1) % BLOCKS, (column + 1) % BLOCKS)

        def role(played: Performance) -> str | None:
            cell = (rows[corpus.group(played)], columns[played.performer])
            if cell == (row, column):
                return "test"
            if cell[0] == row or cell[1] == column:
                return None
            return "valid" if cell == following else "train"

        return assign(corpus.performances, role)

    return {f"{row}{column}": fold(row, column) for row, column in cells}


def _group_fold(corpus: SplitCorpus, test: set[str], seed: int) -> Fold:
    """Fold whose test role holds the text groups `test` and whose validation role is drawn by group from the rest."""
    valid = valid_groups(corpus, (p for p in corpus.performances if corpus.group(p) not in test), seed)
    roles = dict.fromkeys(valid, "valid") | dict.fromkeys(test, "test")
    return assign(corpus.performances, lambda played: roles.get(corpus.group(played), "train"))
