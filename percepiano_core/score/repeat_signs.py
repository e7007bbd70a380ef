"""Repeat signs of a score as written: one set of marks a bar, united over the parts.

MusicXML writes repeats in many ways: <barline> with <repeat> and <ending>, <sound> inside a <direction> or alone,
<segno/> and <coda/>, or only words such as "D.C. al Fine". Often one part alone carries them. They are united here into
one set of marks a bar. See docs/alignment.md, "Repeats and parts".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
