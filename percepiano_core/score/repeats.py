"""Repeat signs of a score: what is written at each bar, and the orders in which the bars may be played.

MusicXML writes repeats in many ways: <barline> with <repeat> and <ending>, <sound> inside a <direction> or alone,
<segno/> and <coda/>, or only words such as "D.C. al Fine". Often one part alone carries them. They are united here into
one set of marks a bar. See docs/alignment.md, "Repeats and parts".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

MOST_TIMES = 16  # more passes than this are a fault of the file
DA_CAPO = re.compile(r"\bd\s*\.?\s*c\b|\bda\s*capo\b", re.IGNORECASE)
DAL_SEGNO = re.compile(r"\bd\s*\.?\s*s\b|\bdal?\s*segno\b", re.IGNORECASE)
TO_CODA = re.compile(r"\b(to|alla|al)\s+(the\s+)?coda\b", re.IGNORECASE)
FINE = re.compile(r"^\W*fine\W*$", re.IGNORECASE)
CODA = re.compile(r"^\W*coda\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RepeatMarks:
    """What is written at one bar, united over all parts.

    Attributes
    ----------
    forward : a repeat begins with this bar
    backward : a repeat ends with this bar
    times : how often the repeated bars are played in all, as written at `backward`; 0 where the file does not say
    endings : the numbers of the ending (volta) that this bar belongs to, sorted; () outside of endings
    ending_starts : the ending's bracket begins with this bar
    segno, coda : this bar is where a dal segno, a to coda leads
    da_capo, dal_segno, to_coda : a jump is written at this bar's end
    fine : where the piece ends after a da capo or dal segno
    """

    forward: bool = False
    backward: bool = False
    times: int = 0
    endings: tuple[int, ...] = ()
    ending_starts: bool = False
    segno: bool = False
    coda: bool = False
    da_capo: bool = False
    dal_segno: bool = False
    to_coda: bool = False
    fine: bool = False


@dataclass(frozen=True, slots=True)
class Jump:
    """A way that the signs allow: from the end of bar `source` to the start of bar `target` (indices)."""

    source: int
    target: int
    sign: str  # "repeat", "ending", "da capo", "dal segno" or "coda"


def repeat_marks(measures_of_bar: Sequence[Sequence[Element]]) -> list[RepeatMarks]:
    """The marks of each bar.

    Parameters
    ----------
    measures_of_bar : for each bar the <measure> elements of the parts, always in the same order of parts
    """
    parts = max(map(len, measures_of_bar), default=0)
    by_part = [
        _marks_of_part([bar[part] if part < len(bar) else None for bar in measures_of_bar]) for part in range(parts)
    ]
    united = [_united(marks) for marks in zip(*by_part, strict=True)] if by_part else []
    return _with_to_coda(united)


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
        if mark.endings and mark.ending_starts and not _is_played(marks, bar, number, jumped):
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


def _marks_of_part(measures: Sequence[Element | None]) -> list[RepeatMarks]:
    """The marks of one part; an ending holds until its stop, its repeat sign or the next ending."""
    marks: list[RepeatMarks] = []
    open_ending: tuple[int, ...] = ()
    for measure in measures:
        mark = RepeatMarks() if measure is None else _signs(measure)
        endings = () if measure is None else _endings(measure)
        started = next((numbers for kind, numbers in endings if kind == "start"), ())
        if started:
            open_ending = started
        stopped = any(kind in ("stop", "discontinue") for kind, _ in endings)
        held = open_ending if started or open_ending else ()
        marks.append(replace(mark, endings=held, ending_starts=bool(started)))
        if stopped or mark.backward:
            open_ending = ()
    return marks


def _endings(measure: Element) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Type and numbers of the <ending> elements of a measure."""
    found = measure.iterfind("barline/ending")
    return tuple((ending.get("type", ""), _ending_numbers(ending)) for ending in found)


def _ending_numbers(ending: Element) -> tuple[int, ...]:
    """Numbers such as "1", "1,2", "1-3", "1.2."; what is printed where the attribute says nothing, else 1."""
    for text in (ending.get("number") or "", ending.text or ""):
        numbers: set[int] = set()
        for first, last in re.findall(r"(\d+)(?:\s*[-–]\s*(\d+))?", text):
            numbers.update(range(int(first), min(int(last or first), int(first) + MOST_TIMES) + 1))
        if numbers:
            return tuple(sorted(numbers))
    return (1,)


def _signs(measure: Element) -> RepeatMarks:
    """All marks of one <measure> but the endings."""
    repeats = list(measure.iterfind("barline/repeat"))
    back = [repeat for repeat in repeats if repeat.get("direction") == "backward"]
    sounds = [*measure.iterfind("sound"), *measure.iterfind("direction/sound")]
    words = [" ".join((element.text or "").split()) for element in measure.iterfind("direction/direction-type/words")]
    da_capo = any(map(DA_CAPO.search, words)) or _says(sounds, "dacapo")
    dal_segno = any(map(DAL_SEGNO.search, words)) or _says(sounds, "dalsegno")
    plain = [text for text in words if not DA_CAPO.search(text) and not DAL_SEGNO.search(text)]
    to_coda = any(map(TO_CODA.search, plain)) or _says(sounds, "tocoda")
    coda_sign = any(True for path in ("direction/direction-type/coda", "barline/coda") for _ in measure.iterfind(path))
    segno_sign = any(
        True for path in ("direction/direction-type/segno", "barline/segno") for _ in measure.iterfind(path)
    )
    return RepeatMarks(
        forward=any(r.get("direction") == "forward" for r in repeats) or _says(sounds, "forward-repeat"),
        backward=bool(back),
        times=max((_times(repeat) for repeat in back), default=0),
        segno=(segno_sign and not dal_segno) or _says(sounds, "segno"),
        coda=((coda_sign or any(map(CODA.search, plain))) and not to_coda) or _says(sounds, "coda"),
        da_capo=da_capo,
        dal_segno=dal_segno and not da_capo,
        to_coda=to_coda,
        fine=any(map(FINE.search, plain)) or _says(sounds, "fine"),
    )


def _says(sounds: Iterable[Element], attribute: str) -> bool:
    """Whether a <sound> has the attribute, with a value other than "no"."""
    return any((sound.get(attribute) or "no").strip().lower() != "no" for sound in sounds)


def _times(repeat: Element) -> int:
    text = (repeat.get("times") or "").strip()
    return min(int(text), MOST_TIMES) if text.isdecimal() else 0


def _united(marks: Sequence[RepeatMarks]) -> RepeatMarks:
    """One bar's marks over all parts."""
    return RepeatMarks(
        forward=any(mark.forward for mark in marks),
        backward=any(mark.backward for mark in marks),
        times=max(mark.times for mark in marks),
        endings=tuple(sorted({number for mark in marks for number in mark.endings})),
        ending_starts=any(mark.ending_starts for mark in marks),
        segno=any(mark.segno for mark in marks),
        coda=any(mark.coda for mark in marks),
        da_capo=any(mark.da_capo for mark in marks),
        dal_segno=any(mark.dal_segno for mark in marks),
        to_coda=any(mark.to_coda for mark in marks),
        fine=any(mark.fine for mark in marks),
    )


def _with_to_coda(marks: list[RepeatMarks]) -> list[RepeatMarks]:
    """Of several coda signs with no word on which leads where, the first is "to coda" and the last the coda."""
    codas = [bar for bar, mark in enumerate(marks) if mark.coda]
    if len(codas) < 2 or any(mark.to_coda for mark in marks):
        return marks
    changed = list(marks)
    for bar in codas[:-1]:
        changed[bar] = replace(marks[bar], coda=False, to_coda=True)
    return changed


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
        while bar < len(marks) and marks[bar].endings and marks[bar].ending_starts:
            if brackets and min(marks[bar].endings) <= max(marks[brackets[-1]].endings):
                break  # numbers begin anew: the endings of another repeat
            brackets.append(bar)
            bar = _after_bracket(marks, bar)
        yield first, brackets, bar


def _group(marks: Sequence[RepeatMarks], bar: int) -> tuple[int, list[int], int] | None:
    """The group of endings that `bar` lies in."""
    if not marks[bar].endings:
        return None
    return next((group for group in _ending_groups(marks) if group[0] <= bar < group[2]), None)


def _closes(marks: Sequence[RepeatMarks], bracket: int) -> bool:
    """Whether the ending that begins with this bar ends with a repeat sign."""
    return marks[_after_bracket(marks, bracket) - 1].backward


def _passes(marks: Sequence[RepeatMarks], bar: int) -> int:
    """How often the bars before the repeat sign at `bar` are played through that sign, the first time included."""
    group = _group(marks, bar)
    if group is None:
        return max(marks[bar].times, 2)
    own = marks[bar].endings
    last = group[1][-1]
    if len(group[1]) > 1 and own == marks[last].endings and len(own) == 1:
        return 1  # a sign at the end of the last of several endings has nowhere to lead
    nothing_follows = own == marks[last].endings and group[2] == len(marks)
    return max(len(own), 2) if nothing_follows else len(own) + 1


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
    leads_past = _closes(marks, last) and number > max(marks[last].endings) and group[2] < len(marks)
    return not meant and bar == last and not leads_past


def _section_start(marks: Sequence[RepeatMarks], bar: int) -> int:
    """Where the repeat sign at `bar` leads: the nearest beginning before it, or behind the repeat before."""
    group = _group(marks, bar)
    within = group[0] if group else bar + 1
    for start in range(min(bar, within), -1, -1):
        if start < within and start != bar and marks[start].backward:
            before = _group(marks, start)
            return before[2] if before and before[2] <= bar else start + 1
        if marks[start].forward:
            return start
    return 0


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
