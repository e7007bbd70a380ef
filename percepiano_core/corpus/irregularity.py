"""The kinds of irregularity that a corpus can hold, and what this project does about each.

An irregularity is a fact of the released data that a user has to know, such as a recording that stands in the corpus
twice; a file that cannot be used is a quality line instead (percepiano_core/quality.py).
"""

from __future__ import annotations

from dataclasses import dataclass

CONSEQUENCES = {
    "blank_in_name": "the name is stripped of blanks and the performance is kept",
    "unreadable_midi": "listed in results/quality, left out of what follows",
    "repaired_midi": "used as repaired; rendered from the repaired notes and pedals",
    "late_end_of_track": "audio and durations end with the music, never at the end of the file",
    "tick_resolution": "ticks are converted with the file's own resolution",
    "several_tempo_events": "ticks are converted with the whole tempo map",
    "several_tracks": "all tracks are merged",
    "no_sustain_pedal": "pedal features are missing or zero, which is a fact of the file",
    "key_pressure": "these events are ignored",
    "identical_performances": "they never stand on both sides of a clean split",
    "overlapping_segments": "both are one group of the clean splits: the same recording, cut twice",
    "differs_from_score_midi": "this deadpan performance is not the released score MIDI; the performance file is used",
    "other_bytes": "used as it is; numbers made with it are not those of the published corpus",
    "label_key_lacking": "the label files with all keys are the reference",
    "score_without_performance": "not used",
    "empty_score_midi": "not used; scores are read from MusicXML",
    "stray_file": "not used: it is no segment",
}


@dataclass(frozen=True, slots=True, order=True)
class Irregularity:
    """One finding: its kind (a key of CONSEQUENCES), what it concerns, and its numbers in words."""

    kind: str
    subject: str
    detail: str

    @property
    def consequence(self) -> str:
        """What this project does about this kind."""
        return CONSEQUENCES[self.kind]
