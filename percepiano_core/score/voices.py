"""Numbers for the voices of a part: the file's where they are numbers, free ones for voices named by words."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from percepiano_core.score.numbers import decimal

VOICES_A_PART = 10  # voice numbers of the second part start above the first part's
LARGEST_VOICE = 99


class VoiceNumbers:
    """Voice of each `<note>` of a part; a note that names none is in the first."""

    def __init__(self, part: Element, index: int) -> None:
        """index : 0 for the first part."""
        self._shift = VOICES_A_PART * index
        names = dict.fromkeys(_name(note) for note in part.iterfind("measure/note"))
        self._numbers = {name: number for name in names if (number := _number(name)) is not None}
        free = (number for number in range(1, LARGEST_VOICE + len(names)) if number not in self._numbers.values())
        self._numbers |= {name: next(free) for name in names if name not in self._numbers}

    def number(self, note: Element) -> int:
        """The voice's number, at least 1."""
        return self._numbers.get(_name(note), 1) + self._shift


def _name(note: Element) -> str:
    return (note.findtext("voice") or "").strip() or "1"


def _number(name: str) -> int | None:
    value = decimal(name)
    return int(value) if value is not None and value.denominator == 1 and 0 <= value <= LARGEST_VOICE else None
