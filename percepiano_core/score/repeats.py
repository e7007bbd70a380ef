"""The orders in which the bars of a score may be played, by its repeat signs (repeat_signs.py).

See docs/alignment.md, "Repeats and parts".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from percepiano_core.score.repeat_signs import MOST_TIMES, RepeatMarks


@dataclass(frozen=True, slots=True)
class Jump:
    """A way that the signs allow: from the end of bar `source` to the start of bar `target` (indices)."""

    source: int
    target: int
    sign: str  # "repeat", "ending", "da capo", "dal segno" or "coda"


def full_order(marks: Sequence[RepeatMarks]) -> list[int]:
    """Bars (indices) in the order in which all repeats are played, as a pianist reads the signs.

    After a da capo or dal segno nothing is repeated and the last ending is played. Signs that lead nowhere are passed
    over: a repeat that nothing begins goes back to the end of the one before, a missing segno is the beginning. Each
    sign is obeyed a limited number of times, so the order always ends.
    """
    order: list[int] = []
    passes: dict[int, int] = {}  # backward sign -> passes that it has sent back already
    jumped = False
    taken: set[int] = set()
    bar, number = 0, 1  # number: of the pass through the current repeat
    while bar < len(marks):
        mark = marks[bar]
        if (
            mark.endings
            and mark.ending_starts
            and not _is_played(marks, bar, _pass(marks, bar, number, passes), jumped)
        ):
            bar = _after_bracket(marks, bar)
            continue
        order.append(bar)
        if jumped and mark.fine:
            break
        if jumped and mark.to_coda and (coda := _coda(marks, bar)) is not None:
            bar, number = coda, 1
        elif mark.backward and not jumped and passes.get(bar, 0) < _passes(marks, bar) - 1 and number < MOST_TIMES:
            passes[bar] = passes.get(bar, 0) + 1
            bar, number = _section_start(marks, bar), number + 1
        elif (mark.da_capo or mark.dal_segno) and bar not in taken:
            taken.add(bar)
            jumped, number = True, 1
            bar = 0 if mark.da_capo else _segno(marks, bar)
        else:
            if _section_ends(marks, bar):
                number = 1
            bar += 1
    return order


def notated_jumps(marks: Sequence[RepeatMarks]) -> list[Jump]:
    """Every jump that the signs allow, each once: back at repeats, over endings, da capo, dal segno, to coda."""
    return sorted(set(_jumps(marks)), key=lambda jump: (jump.source, jump.target))


def has_repeats(marks: Sequence[RepeatMarks]) -> bool:
    """Whether the signs allow any order besides the written one."""
    return any(True for _ in _jumps(marks))


def repeat_times(marks: Sequence[RepeatMarks], jump: Jump) -> int:
    """How often the signs ask for the jump; 1 for all but repeats."""
    return _passes(marks, jump.source) - 1 if jump.sign == "repeat" else 1


def _jumps(marks: Sequence[RepeatMarks]) -> Iterator[Jump]:
    for bar, mark in enumerate(marks):
        if mark.backward:
            yield Jump(bar, _section_start(marks, bar), "repeat")
        if mark.da_capo:
            yield Jump(bar, 0, "da capo")
        if mark.dal_segno:
            yield Jump(bar, _segno(marks, bar), "dal segno")
        if mark.to_coda and (coda := _coda(marks, bar)) is not None:
            yield Jump(bar, coda, "coda")
    for first, brackets, after in _ending_groups(marks):
        later = list(brackets[1:])
        if marks[brackets[-1]].endings and _closes(marks, brackets[-1]):
            later.append(after)  # the pass after the last bracket goes on without one
        for target in later:
            if first > 0 and target < len(marks):
                yield Jump(first - 1, target, "ending")


def _after_bracket(marks: Sequence[RepeatMarks], bar: int) -> int:
    """The bar behind the ending that begins with `bar`."""
    after = bar + 1
    while after < len(marks) and marks[after].endings == marks[bar].endings and not marks[after].ending_starts:
        after += 1
    return after


def _ending_groups(marks: Sequence[RepeatMarks]) -> Iterator[tuple[int, list[int], int]]:
    """Endings that stand side by side: first bar, first bar of each ending, bar behind the last."""
    bar = 0
    while bar < len(marks):
        if not (marks[bar].endings and marks[bar].ending_starts):
            bar += 1
            continue
        first = bar
        brackets: list[int] = []
        numbers: set[int] = set()
        while bar < len(marks) and marks[bar].endings and marks[bar].ending_starts:
            if numbers.intersection(marks[bar].endings):
                break  # a number comes again: the endings of another repeat
            brackets.append(bar)
            numbers.update(marks[bar].endings)
            bar = _after_bracket(marks, bar)
        yield first, brackets, bar


def _group(marks: Sequence[RepeatMarks], bar: int) -> tuple[int, list[int], int] | None:
    """The group of endings that `bar` lies in."""
    if not marks[bar].endings:
        return None
    return next((group for group in _ending_groups(marks) if group[0] <= bar < group[2]), None)


def _last_number(marks: Sequence[RepeatMarks], brackets: Sequence[int]) -> int:
    """The last pass that the endings that begin with these bars are written for."""
    return max(max(marks[bracket].endings) for bracket in brackets)


def _closes(marks: Sequence[RepeatMarks], bracket: int) -> bool:
    """Whether the ending that begins with this bar ends with a repeat sign."""
    return marks[_after_bracket(marks, bracket) - 1].backward


def _passes(marks: Sequence[RepeatMarks], bar: int) -> int:
    """How often the bars before the repeat sign at `bar` are played through that sign, the first time included."""
    group = _group(marks, bar)
    if group is None:
        return max(marks[bar].times, 2)
    own = marks[bar].endings
    if len(group[1]) > 1:
        is_last = _last_number(marks, group[1]) in own
        return len(own) if is_last else len(own) + 1  # after the last of several endings no other pass is meant
    return max(len(own), 2) if group[2] == len(marks) else len(own) + 1


def _pass(marks: Sequence[RepeatMarks], bar: int, number: int, passes: Mapping[int, int]) -> int:
    """Number of the pass that reaches the ending at `bar`; `number` counts anew in a repeat within the repeat.

    passes : how often each repeat sign has sent back
    """
    group = _group(marks, bar)
    return max(number, 1 + sum(passes.get(sign, 0) for sign in range(group[0], group[2]))) if group else number


def _is_played(marks: Sequence[RepeatMarks], bar: int, number: int, jumped: bool) -> bool:
    """Whether the ending that begins with `bar` is played in pass `number`; after a jump back, only the last one is."""
    group = _group(marks, bar)
    if group is None:
        return True
    last = group[1][-1]
    if jumped:
        return bar == last and not (_closes(marks, last) and len(group[1]) == 1 and group[2] < len(marks))
    if number in marks[bar].endings:
        return True
    # No ending is meant for this pass: the last is played, unless the repeat leads past it.
    meant = any(number in marks[start].endings for start in group[1])
    leads_past = _closes(marks, last) and number > _last_number(marks, group[1]) and group[2] < len(marks)
    return not meant and bar == last and not leads_past


def _section_start(marks: Sequence[RepeatMarks], bar: int) -> int:
    """Where the repeat sign at `bar` leads: the last beginning that no sign has led to, else behind the last repeat."""
    group = _group(marks, bar)
    within = group[0] if group else bar + 1
    open_starts: list[int] = []
    ended: dict[int, int] = {}  # first bar of the endings, or bar of the sign, of each repeat -> bar behind it
    for start in range(min(bar, within) + 1):
        if marks[start].forward:
            open_starts.append(start)
        if start < within and start != bar and marks[start].backward:
            before = _group(marks, start) or (start, [], start + 1)
            if before[0] not in ended:
                del open_starts[-1:]
            ended[before[0]] = before[2] if before[2] <= bar else start + 1
    return open_starts[-1] if open_starts else max(ended.values(), default=0)


def _section_ends(marks: Sequence[RepeatMarks], bar: int) -> bool:
    """Whether going on from `bar` leaves a repeat behind, so that passes are counted anew."""
    group = _group(marks, bar)
    if group is not None:
        return bar + 1 == group[2] or (bar + 1 < len(marks) and marks[bar + 1].forward)
    following = marks[bar + 1] if bar + 1 < len(marks) else None
    return marks[bar].backward or (following is not None and following.forward)


def _segno(marks: Sequence[RepeatMarks], bar: int) -> int:
    """Where a dal segno at the end of `bar` leads: the last segno before it, else the beginning."""
    return next((start for start in range(bar, -1, -1) if marks[start].segno), 0)


def _coda(marks: Sequence[RepeatMarks], bar: int) -> int | None:
    """Where a to coda at the end of `bar` leads, if anywhere: a coda behind it."""
    return next((start for start in range(bar + 1, len(marks)) if marks[start].coda), None)
