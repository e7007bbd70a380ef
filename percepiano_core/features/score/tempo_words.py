"""Tempo words and what they hold for (docs/score_reading.md, "Directions")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from percepiano_core.features.score.dynamics import split_comparatives
from percepiano_core.features.score.words import Keywords
from percepiano_core.score.events import Direction
from percepiano_core.score.metre import last_at_or_before


@dataclass(frozen=True)
class TempoWords:
    """Absolute tempos, each in force until the next, and relative ones, each with an end."""

    absolute: list[Direction]
    relative: list[Direction]

    def tempo_at(self, position: float) -> Direction | None:
        """Absolute tempo in force; the first one before it begins, None where the score has none."""
        if not self.absolute:
            return None
        return self.absolute[last_at_or_before([d.position for d in self.absolute], position)]


def resolve_tempo_words(directions: Sequence[Direction], keywords: Keywords) -> TempoWords:
    """Tempos of a score's directions in order of position.

    An opening lasting relative tempo stands for the absolute one if there is none; tempo-primo words take the text of
    the first absolute tempo.
    """
    absolute = [d for d in directions if keywords.holds(keywords.absolute_tempos, d.kind, d.text)]
    relative = [d for d in directions if keywords.holds(keywords.relative_tempos, d.kind, d.text)]
    lasting = [d for d in directions if keywords.holds(keywords.relative_long_tempos, d.kind, d.text)]
    if lasting and lasting[0].position == 0 and (not absolute or absolute[0].position != 0):
        absolute.insert(0, lasting[0])
    relative = [d for d in relative if d not in absolute]
    lasting = [d for d in lasting if d not in absolute]
    absolute, comparative = split_comparatives(absolute, keywords)
    relative = sorted(relative + comparative, key=lambda direction: direction.position)
    _repeat_first_tempo(absolute, keywords.tempo_primo)
    _end_relative(absolute, relative, lasting + comparative)
    return TempoWords(absolute, relative)


def _repeat_first_tempo(absolute: list[Direction], tempo_primo: tuple[str, ...]) -> None:
    for tempo in absolute:
        if any(word in (tempo.text or "").lower() for word in tempo_primo):
            tempo.text = absolute[0].text


def _end_relative(absolute: list[Direction], relative: list[Direction], lasting: list[Direction]) -> None:
    """A relative tempo ends at the next one, a lasting one at the next lasting one; the next absolute one cuts it."""
    starts = [d.position for d in absolute]
    for index, tempo in enumerate(relative):
        later = relative[index + 1 :]
        successor = next((d for d in later if d in lasting or tempo not in lasting), None)
        if successor is not None:
            tempo.end = successor.position
        following = last_at_or_before(starts, tempo.position) + 1
        if following < len(starts):
            tempo.end = min(inf if tempo.end is None else tempo.end, starts[following])
        if tempo.end is None:
            tempo.end = inf
