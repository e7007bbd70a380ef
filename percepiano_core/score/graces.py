"""Grace notes: which note they lead to, and their order before it (docs/score_reading.md, "Grace notes")."""

from __future__ import annotations

from collections.abc import Iterable

from percepiano_core.score.events import ScoreNote


def order_graces(notes: Iterable[ScoreNote]) -> None:
    """Bind each grace to the next ordinary note of its voice in the file; the nearest gets order -1, and so on.

    Chord members of one grace share an order. Graces that no note follows keep order 0. Every ordinary note that
    sounds with a bound one in its voice is `preceded_by_grace` too.
    """
    sounding = [note for note in notes if not note.is_rest]
    waiting: list[ScoreNote] = []
    for note in sounding:
        if note.is_grace:
            waiting.append(note)
        elif waiting:
            waiting = _bind(waiting, note)
    principals = {(note.onset, note.voice) for note in sounding if note.preceded_by_grace}
    for note in sounding:
        if not note.is_grace and (note.onset, note.voice) in principals:
            note.preceded_by_grace = True


def _bind(waiting: list[ScoreNote], principal: ScoreNote) -> list[ScoreNote]:
    """Order the graces of the principal's voice; the others go on waiting, in reversed order as published."""
    order = -1
    others = []
    for grace in reversed(waiting):
        if grace.voice != principal.voice:
            others.append(grace)
            continue
        principal.preceded_by_grace = True
        grace.grace_order = order
        if grace.chord_index == 0:
            order -= 1
    return others
