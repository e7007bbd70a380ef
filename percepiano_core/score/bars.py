"""The bars of a score over all its parts: the unit in which parts meet."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

LONGEST_NUMBER = 30


@dataclass(frozen=True, slots=True)
class WrittenBar:
    """One bar as written: its printed number, and its `<measure>` in each part (None where a part lacks it)."""

    number: str
    measures: tuple[Element | None, ...]


def written_bars(parts: list[Element]) -> list[WrittenBar]:
    """The bars of all parts side by side, in order.

    Where a part has fewer bars than another they are found by their numbers, if these tell each part's bars apart.
    """
    columns = [part.findall("measure") for part in parts]
    by_number = [{measure.get("number", ""): measure for measure in column} for column in columns]
    unique = all(len(numbers) == len(column) for numbers, column in zip(by_number, columns, strict=True))
    longest = max(columns, key=len, default=[])
    if unique and any(len(column) != len(longest) for column in columns):
        known = {measure.get("number", "") for measure in longest}
        if all(known.issuperset(numbers) for numbers in by_number):
            rows = [tuple(numbers.get(m.get("number", "")) for numbers in by_number) for m in longest]
            return [_bar(row) for row in rows]
    return [_bar(tuple(c[i] if i < len(c) else None for c in columns)) for i in range(len(longest))]


def _bar(measures: tuple[Element | None, ...]) -> WrittenBar:
    written = [measure for measure in measures if measure is not None]
    number = " ".join((written[0].get("number") or "").split()) if written else ""
    return WrittenBar(number[:LONGEST_NUMBER] or "?", measures)
