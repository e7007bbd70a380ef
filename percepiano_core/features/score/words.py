"""Direction words: which keywords a text holds, and texts as vectors (docs/score_reading.md, "Words as vectors")."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from percepiano_core.score.corrections import Corrections

TABLES_FILE = Path(__file__).with_name("direction_words.json")
SHORTEST_INNER_KEYWORD = 3  # letters from which a keyword is found inside a text
SHORTEST_INNER_WORD = 5  # the same for the words of the vector tables
SHORTEST_STEM = 4  # letters from which a keyword is also the beginning of a longer word: "lent" in "lentamente"
GLUED_DYNAMICS = {"diminsotto voce": ("dimin", "sotto voce"), "rf,sffz": ("rf", "sffz")}
WORDS_FOUND_INSIDE = ("decresc", "decrescendo")
"""Relative dynamics that the published list lacks, because "cresc" is found inside them."""
ABBREVIATED_TEMPOS = ("riten", "ritar")
"""Relative tempos that the published list lacks, because "rit" is found inside them."""


@dataclass(frozen=True)
class Keywords:
    """Words that make a text a direction of a kind."""

    absolute_dynamics: tuple[str, ...]
    relative_dynamics: tuple[str, ...]
    absolute_tempos: tuple[str, ...]
    relative_tempos: tuple[str, ...]
    relative_long_tempos: tuple[str, ...]
    tempo_primo: tuple[str, ...]
    comparatives: tuple[str, ...]  # "più", "meno", ...: they make an absolute text relative
    whole_words: bool

    def holds(self, keywords: tuple[str, ...], kind: str, text: str | None) -> bool:
        """Whether a direction of a kind and text is one of the keywords or has one in it."""
        if kind in keywords:
            return True
        if kind != "words" or not text:
            return False
        regular = regularised(text)
        if regular in keywords or any(word in keywords for word in regular.split(" ")):
            return True
        inner = _begins_word if self.whole_words else _is_inside
        return any(inner(keyword, regular) for keyword in keywords)


def regularised(text: str) -> str:
    """Lower case, without brackets, punctuation as blanks, one pass of double blanks to single ones."""
    for mark in (",", ".", "\n"):
        text = text.replace(mark, " ")
    return text.replace("(", "").replace(")", "").replace("  ", " ").lower()


def _is_inside(keyword: str, text: str) -> bool:
    return len(keyword) >= SHORTEST_INNER_KEYWORD and keyword in text


def _begins_word(keyword: str, text: str) -> bool:
    ending = r"" if len(keyword) >= SHORTEST_STEM else r"(?!\w)"
    return re.search(rf"(?<!\w){re.escape(keyword)}{ending}", text) is not None


@cache
def tables() -> dict[str, Any]:
    """The published keyword lists and word-to-value tables."""
    content: dict[str, Any] = json.loads(TABLES_FILE.read_text(encoding="utf-8"))
    return content


@cache
def keywords_for(corrections: Corrections) -> Keywords:
    """Keyword lists under the corrections D11 and D22."""
    lists = tables()
    relative_dynamics = list(lists["relative_dynamics_keywords"])
    relative_tempos = list(lists["relative_tempos_keywords"])
    if corrections.separate_glued_keywords:
        relative_dynamics = [word for key in relative_dynamics for word in GLUED_DYNAMICS.get(key, (key,))]
    if corrections.whole_word_keywords:
        relative_dynamics += WORDS_FOUND_INSIDE
        relative_tempos += ABBREVIATED_TEMPOS
    return Keywords(
        absolute_dynamics=(*lists["absolute_dynamics_keywords"], "dynamic"),
        relative_dynamics=tuple(relative_dynamics),
        absolute_tempos=tuple(lists["absolute_tempos_keywords"]),
        relative_tempos=tuple(relative_tempos),
        relative_long_tempos=tuple(lists["relative_long_tempo_keywords"]),
        tempo_primo=tuple(lists["tempo_primo_words"]),
        comparatives=tuple(lists["relative_words_in_absolute"]),
        whole_words=corrections.whole_word_keywords,
    )


def dynamic_vector(text: str) -> np.ndarray:
    """[4] absolute level, gradual change, accent, other loudness words; zeros where no word says anything."""
    return np.array(_vector(text, "dynamic_words", 4))


def tempo_vector(text: str) -> np.ndarray:
    """[5] absolute tempo, relative tempo, gradual change, sudden change, dance character; zeros likewise."""
    return np.array(_vector(text, "tempo_words", 5))


@cache
def _vector(text: str, table: str, length: int) -> tuple[float, ...]:
    vector = [0.0] * length
    if not text:
        return tuple(vector)
    entries: dict[str, tuple[int, float]] = {}
    for word, index, value in tables()[table]:
        entries.setdefault(word, (index, value))
    for word in _outermost(_words_in(regularised(text), entries)):
        index, value = entries[word]
        vector[index] = value
    return tuple(vector)


def _words_in(text: str, entries: Iterable[str]) -> list[str]:
    """Table words of a text: the text itself, or its words in order, then the longer ones found inside it."""
    known = list(entries)
    if text in known:
        return [text]
    inner = [word for word in known if len(word) >= SHORTEST_INNER_WORD and word in text]
    return [word for word in text.split(" ") if word in known] + inner


def _outermost(words: Sequence[str]) -> list[str]:
    """Without the longer words that are part of another one."""

    def is_part(word: str) -> bool:
        return len(word) >= SHORTEST_INNER_WORD and any(word != other and word in other for other in words)

    return [word for word in words if not is_part(word)]
