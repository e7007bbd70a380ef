"""Follow a performance through the written score: which onset each performed note belongs to, and where it jumps.

Dynamic programming over performed notes in time order and score onsets in written order. Only pitches count. A player
goes on to the next onset, leaves onsets out, plays extra notes, or jumps: where the repeat signs allow it at little
cost, anywhere else at more. Rows of the table are filled in numpy; only every `BLOCK`-th row is kept, and the rows
between are filled again for the way back, so memory grows with the length of the score, not with length times length.

Costs are whole numbers, in quarters of a wrong note, so that the way back meets exactly the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MIDI_PITCHES = 128
EXTRA = 4  # a performed note that the score does not have
WRONG = 5  # a performed note in place of another
SKIPPED = 2  # a score onset left out
RUN_OPENS, RUN_GOES_ON = 8, 2  # a run of extra notes: a trill, a cadenza, another piece
SIGNED_JUMP = 4  # where the repeat signs allow it
LEAVING_OUT = 60  # forward to anywhere: it must explain thirty onsets
GOING_BACK = 96  # back to anywhere: it must explain more than forty notes, or it is an error of the score
MID_BAR = 4  # added where a jump leaves or enters a bar in its middle
PART_BEGINS, PART_ENDS = 56, 24  # a performance that does not begin, or end, where the score does
UNREACHED = 1 << 28
BLOCK = 256  # performed notes between two kept rows
LONGEST_CHORD = 16
REPORT_EVERY = 4096  # performed notes between two calls of `report`

Report = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Grid:
    """The score as the path sees it: K onsets in written order.

    Position k means that k onsets lie behind; position 0 is before the first. Bar b covers the positions from
    bar_starts[b] + 1 to bar_starts[b + 1].

    Attributes
    ----------
    has_pitch : bool [128, K + 1], whether a pitch belongs to the onset that position k ends with; none at 0
    bar_starts : int [bars + 1], position before each bar's first onset; the last is K
    ends : int [e], positions where the piece may end
    jumps : int [j, 2], positions (from, to) that the signs allow
    ornamented : bool [K + 1], whether a note with a trill or the like begins or goes on at the onset
    """

    has_pitch: np.ndarray
    bar_starts: np.ndarray
    ends: np.ndarray
    jumps: np.ndarray
    ornamented: np.ndarray


@dataclass(frozen=True, eq=False)
class Path:
    """Where each performed note lies.

    Attributes
    ----------
    position : int [n], position of the score reached with each performed note, 0 to K
    played : bool [n], whether the note belongs to that onset; False for extra and wrong notes
    jumps : int [j, 3], (performed note that is the first behind the jump, position left, position entered)
    cost : total cost of the path
    """

    position: np.ndarray
    played: np.ndarray
    jumps: np.ndarray
    cost: int


class _Costs:
    """Costs that do not depend on the performed note's place, and the step from one row to the next."""

    def __init__(self, grid: Grid) -> None:
        positions = grid.has_pitch.shape[1]
        sizes = grid.has_pitch.sum(axis=0)
        self.grid = grid
        self.ramp = SKIPPED * np.arange(positions, dtype=np.int32)
        self.arrive = np.where(grid.has_pitch, 0, WRONG).astype(np.int32)
        self.stay = np.where(grid.has_pitch & (sizes > 1), 0, EXTRA).astype(np.int32)
        self.sizes = sizes
        self.off_bar = np.full(positions, MID_BAR, dtype=np.int32)
        self.off_bar[grid.bar_starts] = 0
        self.sources, self.targets = grid.jumps[:, 0], grid.jumps[:, 1]

    def first_row(self) -> tuple[np.ndarray, np.ndarray]:
        """Costs before anything is played: on the score, and in a run of extra notes."""
        on_score = PART_BEGINS + self.off_bar
        on_score[0] = 0
        return on_score, np.full(len(on_score), UNREACHED, dtype=np.int32)

    def last_row(self, on_score: np.ndarray, in_run: np.ndarray) -> np.ndarray:
        """Total costs of paths that end at each position."""
        end = PART_ENDS + self.off_bar
        end[self.grid.ends] = 0
        left_out = np.full(len(end), UNREACHED, dtype=np.int32)
        for position in self.grid.ends:
            left_out[: position + 1] = np.minimum(left_out[: position + 1], self.ramp[: position + 1][::-1])
        return np.minimum(on_score, in_run) + np.minimum(end, left_out)

    def stay_cost(self, pitch: int, since_same: int) -> np.ndarray:
        """Costs of playing one more note of each onset; a chord's note played again is an extra note."""
        if since_same >= LONGEST_CHORD:
            return self.stay[pitch]
        return np.where(self.sizes > since_same, EXTRA, self.stay[pitch])

    def other_jumps(self, best: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cheapest costs of reaching each position by a jump without a sign, forward and back."""
        leaving = best + self.off_bar
        forward = np.minimum.accumulate(leaving) + (LEAVING_OUT + self.off_bar)
        return forward, leaving.min() + (GOING_BACK + self.off_bar)

    def after_jumps(self, best: np.ndarray) -> np.ndarray:
        """Cheapest cost of being at each position before the next note, jumps included."""
        forward, back = self.other_jumps(best)
        base = np.minimum(best, np.minimum(forward, back))
        if len(self.targets):
            reached = np.minimum.accumulate(best - self.ramp) + self.ramp
            np.minimum.at(base, self.targets, reached[self.sources] + SIGNED_JUMP)
        return base

    def step(
        self, on_score: np.ndarray, in_run: np.ndarray, pitch: int, since_same: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The row behind the next performed note."""
        base = self.after_jumps(np.minimum(on_score, in_run))
        reached = np.minimum.accumulate(base - self.ramp) + self.ramp
        stayed = on_score + self.stay_cost(pitch, since_same)
        np.minimum(stayed[1:], reached[:-1] + self.arrive[pitch, 1:], out=stayed[1:])
        return stayed, np.minimum(in_run, on_score + RUN_OPENS) + RUN_GOES_ON


def follow(grid: Grid, pitches: np.ndarray, report: Report | None = None) -> Path:
    """The cheapest way of the performed pitches int [n], in time order, through the score.

    `report` is called with the share done, in [0, 1], now and then.
    """
    costs, since_same = _Costs(grid), _since_same(pitches)
    kept = [costs.first_row()]
    row = kept[0]
    for note, pitch in enumerate(pitches.tolist()):
        if note % BLOCK == 0 and note:
            kept.append(row)
        if report and note % REPORT_EVERY == 0:
            report(note / len(pitches) / 2)
        row = costs.step(*row, pitch, since_same[note])
    totals = costs.last_row(*row)
    end = int(np.argmin(totals))
    return _way_back(costs, kept, row, end, pitches, since_same, int(totals[end]), report)


def cheapest(grid: Grid, pitches: np.ndarray) -> int:
    """Only the cost of the cheapest way."""
    costs, since_same = _Costs(grid), _since_same(pitches)
    row = costs.first_row()
    for note, pitch in enumerate(pitches.tolist()):
        row = costs.step(*row, pitch, since_same[note])
    return int(costs.last_row(*row).min())


def _way_back(
    costs: _Costs,
    kept: list[tuple[np.ndarray, np.ndarray]],
    last: tuple[np.ndarray, np.ndarray],
    end: int,
    pitches: np.ndarray,
    since_same: list[int],
    cost: int,
    report: Report | None,
) -> Path:
    count = len(pitches)
    position, played = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool)
    jumps: list[tuple[int, int, int]] = []
    k, in_run = end, bool(last[1][end] < last[0][end])
    for block in range(len(kept) - 1, -1, -1):
        first, stop = block * BLOCK, min((block + 1) * BLOCK, count)
        rows = [kept[block]]
        for note in range(first, stop):
            rows.append(costs.step(*rows[-1], int(pitches[note]), since_same[note]))
        for note in range(stop - 1, first - 1, -1):
            before, after = rows[note - first], rows[note - first + 1]
            position[note] = k
            if in_run:
                in_run = bool(before[1][k] + RUN_GOES_ON == after[1][k])
                continue
            pitch = int(pitches[note])
            hit = bool(costs.grid.has_pitch[pitch, k])
            value, miss = int(after[0][k]), int(costs.arrive[pitch, k])
            if k and min(before[0][k - 1], before[1][k - 1]) + miss == value:
                played[note], k = hit, k - 1
                in_run = bool(before[1][k] < before[0][k])
                continue
            stay = int(costs.stay_cost(pitch, since_same[note])[k])
            if before[0][k] + stay == value:
                played[note] = stay == 0
                continue
            played[note] = hit
            k, jump = _arrival(costs, before, k - 1, value - miss)
            if jump is not None:
                jumps.append((note, *jump))
            in_run = bool(before[1][k] < before[0][k])
        if report:
            report(1 - first / max(count, 1) / 2)
    if k:
        jumps.append((0, 0, k))
    return Path(position, played, np.array(sorted(jumps), dtype=np.int64).reshape(-1, 3), cost)


def _arrival(
    costs: _Costs, before: tuple[np.ndarray, np.ndarray], reached: int, value: int
) -> tuple[int, tuple[int, int] | None]:
    """How position `reached` came to cost `value`: the position of the note before, and the jump (from, to) if any."""
    best = np.minimum(*before)
    base = costs.after_jumps(best)
    ramp = costs.ramp
    entered = int(np.flatnonzero(base[: reached + 1] + (ramp[reached] - ramp[: reached + 1]) == value)[-1])
    if base[entered] == best[entered]:
        return entered, None
    along = np.minimum.accumulate(best - ramp) + ramp
    for index in np.flatnonzero(costs.targets == entered).tolist():
        source = int(costs.sources[index])
        if along[source] + SIGNED_JUMP == base[entered]:
            left = int(np.flatnonzero(best[: source + 1] + (ramp[source] - ramp[: source + 1]) == along[source])[-1])
            return left, (source, entered)
    leaving = best + costs.off_bar
    forward, _ = costs.other_jumps(best)
    left = int(np.argmin(leaving[: entered + 1] if forward[entered] == base[entered] else leaving))
    return left, (left, entered)


def _since_same(pitches: np.ndarray) -> list[int]:
    """For each performed note, how many notes ago its pitch was last struck; a large number if never."""
    last: dict[int, int] = {}
    since = []
    for note, pitch in enumerate(pitches.tolist()):
        since.append(note - last.get(pitch, -MIDI_PITCHES * LONGEST_CHORD))
        last[pitch] = note
    return since
