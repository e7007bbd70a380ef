"""What the published computation and the corrected one do differently.

The numbers D.. are those of docs/performance_features.md, "Published defects and their correction".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """One way to compute the performance features.

    Attributes
    ----------
    fills_unmatched : unmatched notes get the published filler values; otherwise NaN and a mask that says so (D3)
    times_last_onset : the last beat and measure end at the last score onset, and so have a tempo of their own (D7)
    drops_mismatched : matched notes whose time contradicts their chord or the note before lose their match, and the
        last onset gets no time (D7); otherwise only their onset deviation counts as not measured
    releases_are_steps : a pedal controller value of 0 is a step like any other (D9)
    sustain_controllers : controller numbers read as sustain pedal
    cuts_after_first_note : the first note of the file has a pedal cut like any other
    weights_last_group_alike : dynamics of the last beat and measure follow the same formula as the others (D8)
    measures_trills : trills get no invented articulation of 0 but none at all (D16)
    performs_qpm_primo : qpm_primo is the player's first tempo, which overwrites the score's (D14)
    """

    fills_unmatched: bool
    times_last_onset: bool
    drops_mismatched: bool
    releases_are_steps: bool
    sustain_controllers: tuple[int, ...]
    cuts_after_first_note: bool
    weights_last_group_alike: bool
    measures_trills: bool
    performs_qpm_primo: bool


PUBLISHED = Preset(
    fills_unmatched=True,
    times_last_onset=False,
    drops_mismatched=True,
    releases_are_steps=False,
    sustain_controllers=(64, 127),
    cuts_after_first_note=False,
    weights_last_group_alike=False,
    measures_trills=False,
    performs_qpm_primo=True,
)
DEFAULT = Preset(
    fills_unmatched=False,
    times_last_onset=True,
    drops_mismatched=False,
    releases_are_steps=True,
    sustain_controllers=(64,),
    cuts_after_first_note=True,
    weights_last_group_alike=True,
    measures_trills=True,
    performs_qpm_primo=False,
)
PRESETS: dict[str, Preset] = {"default": DEFAULT, "published": PUBLISHED}
