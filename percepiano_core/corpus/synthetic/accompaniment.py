"""Accompaniment patterns of the left hand, one function a pattern, each over one harmony span.

Chord notes lie around middle C (degrees -4 to 2 of the key), the bass an octave and more below.
"""

from __future__ import annotations

from collections.abc import Callable

from percepiano_core.corpus.synthetic.music import DIVISIONS, Event, Harmony, Key, Pitch

_EIGHTH = DIVISIONS // 2
_TRIPLET = DIVISIONS // 3
_LOWEST_CHORD_DEGREE = -4


def bass(key: Key, harmony: Harmony) -> Pitch:
    """The root, between the tonic an octave below and the fourth under it."""
    return spelled(key, harmony, harmony.root - (14 if harmony.root >= 3 else 7))


def chord(key: Key, harmony: Harmony) -> tuple[Pitch, ...]:
    """Three chord notes in close position, from low to high; a dominant gives up its fifth."""
    members = [harmony.degrees[i] for i in ((0, 1, 3) if harmony.dominant else (0, 1, 2))]
    degrees = sorted(_LOWEST_CHORD_DEGREE + (member - _LOWEST_CHORD_DEGREE) % 7 for member in members)
    return tuple(spelled(key, harmony, degree) for degree in degrees)


def spelled(key: Key, harmony: Harmony, degree: int) -> Pitch:
    """Pitch of a degree; under a dominant in minor the leading note is raised."""
    return key.pitch(degree, raised=key.minor and harmony.dominant and degree % 7 == 6)


def waltz(key: Key, harmony: Harmony) -> list[Event]:
    """Bass on the first beat, chords on the others."""
    after = chord(key, harmony)
    onsets = range(harmony.onset + DIVISIONS, harmony.end, DIVISIONS)
    first = Event(harmony.onset, DIVISIONS, (bass(key, harmony),), 5)
    return [first, *(Event(onset, DIVISIONS, after, 5) for onset in onsets)]


def alberti(key: Key, harmony: Harmony) -> list[Event]:
    """Broken chord in eighths: low, high, middle, high."""
    low, middle, high = chord(key, harmony)
    figure = (low, high, middle, high)
    onsets = range(harmony.onset, harmony.end, _EIGHTH)
    return [Event(onset, _EIGHTH, (figure[i % 4],), 5) for i, onset in enumerate(onsets)]


def march(key: Key, harmony: Harmony) -> list[Event]:
    """Bass and detached chord in turn."""
    figure = ((bass(key, harmony),), chord(key, harmony))
    onsets = range(harmony.onset, harmony.end, DIVISIONS)
    return [
        Event(onset, DIVISIONS, figure[i % 2], 5, articulation="staccato" if i % 2 else "")
        for i, onset in enumerate(onsets)
    ]


def barcarolle(key: Key, harmony: Harmony) -> list[Event]:
    """Held bass below chord notes rising and falling in eighths."""
    low, middle, high = chord(key, harmony)
    figure = (None, low, middle, high, middle, low)
    onsets = range(harmony.onset, harmony.end, _EIGHTH)
    upper = [(onset, figure[i % 6]) for i, onset in enumerate(onsets)]
    return [
        Event(harmony.onset, harmony.end - harmony.onset, (bass(key, harmony),), 6),
        *(Event(onset, _EIGHTH, (pitch,), 5) for onset, pitch in upper if pitch is not None),
    ]


def triplets(key: Key, harmony: Harmony) -> list[Event]:
    """Held bass below chord notes in triplet eighths."""
    figure = chord(key, harmony)
    onsets = range(harmony.onset, harmony.end, _TRIPLET)
    return [
        Event(harmony.onset, harmony.end - harmony.onset, (bass(key, harmony),), 6),
        *(Event(onset, _TRIPLET, (figure[i % 3],), 5) for i, onset in enumerate(onsets)),
    ]


def tremolo(key: Key, harmony: Harmony) -> list[Event]:
    """Bass and its octave shaken over the whole span, written as a two-note tremolo of one stroke."""
    low = bass(key, harmony)
    half = (harmony.end - harmony.onset) // 2
    high = Pitch(low.letter, low.alter, low.octave + 1)
    return [
        Event(harmony.onset, half, (low,), 5, tremolo="start"),
        Event(harmony.onset + half, half, (high,), 5, tremolo="stop"),
    ]


def held(key: Key, harmony: Harmony) -> list[Event]:
    """One long chord with its bass, for cadences."""
    return [Event(harmony.onset, harmony.end - harmony.onset, (bass(key, harmony), *chord(key, harmony)), 5)]


PATTERNS: dict[str, Callable[[Key, Harmony], list[Event]]] = {
    "waltz": waltz,
    "alberti": alberti,
    "march": march,
    "barcarolle": barcarolle,
    "triplets": triplets,
}
