"""Irregularities in the MIDI files of any corpus (docs/corpus.md, "MIDI files")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from percepiano_core.corpus.content import content_facts
from percepiano_core.corpus.irregularity import Irregularity
from percepiano_core.corpus.manifest import file_sha256
from percepiano_core.corpus.midi import PerformedMidi, performed_midi
from percepiano_core.corpus.midi_chunks import MidiEvents, read_events
from percepiano_core.corpus.midi_track import KEY_PRESSURE
from percepiano_core.corpus.records import Performance
from percepiano_core.errors import DataError

LATE_SEC = 5.0  # silence after the last note-off that counts as a late end
USUAL_TICKS = 480  # a quarter; the resolution of nearly all released files


def of_performances(performances: Sequence[Performance], root: Path) -> list[Irregularity]:
    """What is irregular in the performances' MIDI files."""
    found: list[Irregularity] = []
    recordings: dict[str, PerformedMidi] = {}
    for each in performances:
        try:
            events = read_events(root / each.midi)
            performed = performed_midi(events, root / each.midi)
        except DataError as error:
            found.append(Irregularity("unreadable_midi", each.performance, error.problem))
            continue
        recordings[each.performance] = performed
        found += _of_content(each.performance, performed)
        found += _of_layout(each.performance, events)
    found += _identical(performances, root)
    found += _overlapping([each for each in performances if each.performance in recordings], recordings)
    return found


def _of_content(subject: str, performed: PerformedMidi) -> Iterator[Irregularity]:
    if performed.repairs:
        yield Irregularity("repaired_midi", subject, "; ".join(performed.repairs))
    facts = content_facts(performed)
    silence = facts["end_sec"] - facts["last_offset_sec"]
    if silence > LATE_SEC:
        yield Irregularity("late_end_of_track", subject, f"{silence:.2f} s after the last note-off")
    if performed.ticks_per_quarter != USUAL_TICKS:
        yield Irregularity("tick_resolution", subject, f"{performed.ticks_per_quarter} ticks a quarter")
    if not facts["n_sustain"]:
        yield Irregularity("no_sustain_pedal", subject, "no event of controller 64")


def _of_layout(subject: str, events: MidiEvents) -> Iterator[Irregularity]:
    if len(events.tracks) > 1:
        yield Irregularity("several_tracks", subject, f"{len(events.tracks)} tracks")
    tempos = sum(len(track.tempos) for track in events.tracks)
    if tempos > 1:
        yield Irregularity("several_tempo_events", subject, f"{tempos} tempo events")
    pressures = sum(int((track.events[:, 1] >> 4 == KEY_PRESSURE >> 4).sum()) for track in events.tracks)
    if pressures:
        yield Irregularity("key_pressure", subject, f"{pressures} events")


def _identical(performances: Sequence[Performance], root: Path) -> Iterator[Irregularity]:
    """One finding for each set of performances with the same bytes; its subject is the first of them."""
    sets = defaultdict(list)
    for each in performances:
        sets[each.midi_sha256 or file_sha256(root / each.midi)].append(each.performance)
    for members in sets.values():
        if len(members) > 1:
            first, *others = sorted(members)
            yield Irregularity("identical_performances", first, "same bytes as " + ", ".join(others))


def _overlapping(performances: Sequence[Performance], recordings: dict[str, PerformedMidi]) -> Iterator[Irregularity]:
    """Pairs of segments of which some person's shorter recording is contained, note for note, in the longer one."""
    by_player = defaultdict(list)
    for each in performances:
        if not each.deadpan:
            by_player[each.performer, each.movement].append(each)
    people: dict[tuple[str, str], int] = defaultdict(int)
    for played in by_player.values():
        texts = {each.performance: _text(recordings[each.performance]) for each in played}
        for longer in played:
            for shorter in played:
                if shorter.bars < longer.bars and texts[shorter.performance] in texts[longer.performance]:
                    people[longer.segment, shorter.segment] += 1
    for (long, short), count in people.items():
        yield Irregularity("overlapping_segments", long, f"contains {short} (same notes of {count} players)")


def _text(performed: PerformedMidi) -> bytes:
    """Pitch and velocity of all notes in order, as bytes that can be searched."""
    return np.stack([performed.notes["pitch"], performed.notes["velocity"]], axis=1).astype("u1").tobytes()
