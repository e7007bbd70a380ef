"""Which defects of the published score features are corrected; one switch a defect, in one place.

The D numbers are those of docs/features.md, "Published defects and their correction". D14 (the performed tempo that
overwrites `qpm_primo`) needs no switch here: a score table always holds the score's own tempo.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

Compat = Literal["default", "published"]


@dataclass(frozen=True)
class Corrections:
    """Switches; all off is the published behaviour, all on is the default."""

    cut_padded_pickups: bool = False
    """D2: an opening bar padded with hidden rests ends at its last printed event; a pickup has its metrical place."""
    composer_of_piece: bool = False
    """D6: the composer is the piece's, not a constant."""
    tempo_distance_from_tempos: bool = False
    """D10: relative tempos, not relative dynamics, restart `distance_from_recent_tempo`."""
    separate_glued_keywords: bool = False
    """D11: "dimin", "sotto voce", "rf" and "sffz" are keywords of their own."""
    beams_of_own_chord: bool = False
    """D12: a chord note has the beams of its chord, not of every beam seen so far."""
    all_articulations: bool = False
    """D13: every articulation sign of a note counts, not the first alone."""
    expand_tremolos: bool = False
    """D17: a two-note tremolo is the eighths that are played."""
    unknown_tempo_is_missing: bool = False
    """D18: without a tempo in the score, tempo features are NaN, not 120; the first tempo holds from the start, and a
    metronome mark counts as one."""
    tolerate_rounding: bool = False
    """D19: a bar ends where its longest voice ends, and metrical positions match within a tolerance."""
    ties_need_contact: bool = False
    """D20: a tie joins notes of which the second begins where the first ends."""
    whole_word_keywords: bool = False
    """D22: a keyword is not found inside another word."""
    keep_accents: bool = False
    """D23: accent dynamics (sf, fz, ...) mark the notes that they stand at."""
    sort_split_levels: bool = False
    """D24: the p of an fp follows its f, so that the p holds afterwards (not in the section; docs/features.md)."""
    levels_end_changes: bool = False
    """D25: the next level ends every gradual change, the last one too (not in the section; docs/features.md)."""
    bars_in_step: bool = False
    """D26: a bar begins and ends at once in all parts, the page's time signature holds after a jump, a chord note has
    its own length, and a missing length is the written one."""
    all_placements: bool = False
    """D27: ties for the ear alone, offsets of directions, sounds outside a direction, dynamics among a note's
    notations, octave transpositions and the numbers of a time signature beside its sign are read."""
    all_repeat_signs: bool = False
    """D28: endings of any number, dal segno, coda and signs of any part are followed, not first endings alone."""
    missing_is_nan: bool = False
    """D3, score side: a distance from a direction that the score lacks is NaN, not the distance from its start."""


PUBLISHED = Corrections()
DEFAULT = Corrections(**{field.name: True for field in fields(Corrections)})


def corrections_for(compat: Compat | Corrections) -> Corrections:
    """The switches of a preset, or those given; ValueError for an unknown preset."""
    if isinstance(compat, Corrections):
        return compat
    if compat not in ("default", "published"):
        raise ValueError(f"compat is 'default' or 'published', not {compat!r}")
    return PUBLISHED if compat == "published" else DEFAULT
