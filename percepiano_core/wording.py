"""Pieces of messages: numbers with their nouns, what a file holds, on one line and not too long, and unknown names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_SHOWN = 80  # characters of a text that a message shows


def counted(number: int, noun: str) -> str:
    """A number and a noun, as "1 note", "2 notes"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def nearest(name: str, known: Iterable[str]) -> str:
    """What to do about an unknown name: the nearest known one, else all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(names)}"


def on_one_line(text: str) -> str:
    """The text with line breaks and control characters, which files and their names may hold, spelled out."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def shown(text: str) -> str:
    """The text as it stands in a message: on one line, and what is long cut off."""
    spelled = on_one_line(text)
    return spelled if len(spelled) <= LONGEST_SHOWN else f"{spelled[: LONGEST_SHOWN - 3]}..."
