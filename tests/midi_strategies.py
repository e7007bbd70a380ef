"""MIDI files made from known notes with all the freedoms that the format leaves, and files with damaged bytes."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from percepiano_core.corpus.midi_chunks import FRAMES_A_SECOND, PERCUSSION_CHANNEL

PIANO_CHANNELS = [channel for channel in range(16) if channel != PERCUSSION_CHANNEL]
END_OF_TRACK = b"\xff\x2f\x00"
Note = tuple[int, int, int, int]  # onset tick, offset tick, pitch, velocity
Control = tuple[int, int, int]  # tick, number, value
Timed = list[tuple[int, bytes]]  # absolute tick, and an event's bytes with its status


@dataclass(frozen=True)
class WrittenMidi:
    """A file's bytes, and what is to be read from them; times only in ticks and the length of a tick in seconds."""

    content: bytes
    notes: list[Note]
    controls: list[Control]
    tick_seconds: float


def quantity(value: int) -> bytes:
    """A number of variable length."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | value & 0x7F)
    return bytes(reversed(groups))


def chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4) + content


def header(division: bytes, tracks: int, form: int = 1) -> bytes:
    return chunk(b"MThd", form.to_bytes(2) + tracks.to_bytes(2) + division)


def track_bytes(events: Timed, running: bool = False, end: bytes = b"\0" + END_OF_TRACK) -> bytes:
    """A track's content; with running status, events of the status before leave theirs out, also across meta events."""
    content, now, status = bytearray(), 0, -1
    for tick, event in events:
        content += quantity(tick - now)
        now = tick
        content += event[1:] if running and event[0] == status else event
        if event[0] < 0xF0:
            status = event[0]
    return bytes(content + end)


def midi(*tracks: Timed, division: bytes = b"\x01\xe0", form: int = 1, running: bool = False) -> bytes:
    """A whole file of the tracks' events; 480 ticks a quarter unless another division is given."""
    return header(division, len(tracks), form) + b"".join(chunk(b"MTrk", track_bytes(t, running)) for t in tracks)


def on(pitch: int, velocity: int = 64, channel: int = 0) -> bytes:
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes([0x80 | channel, pitch, 64])


def meta(kind: int, content: bytes) -> bytes:
    return bytes([0xFF, kind]) + quantity(len(content)) + content


# Everything that has nothing to do with notes: texts, signatures whole and broken, packets and escapes, key pressure
MUTE_EVENTS = st.one_of(
    st.builds(meta, st.integers(1, 15), st.binary(max_size=12)),
    st.builds(meta, st.sampled_from([0x00, 0x20, 0x21, 0x54, 0x58, 0x59, 0x7F, 0x60]), st.binary(max_size=5)),
    st.binary(max_size=6).map(lambda content: b"\xf0" + quantity(len(content)) + content),
    st.binary(max_size=6).map(lambda content: b"\xf7" + quantity(len(content)) + content),
    st.sampled_from([b"\xa0\x3c\x40", b"\xd0\x40", b"\xe0\x00\x40", b"\xb0\x07\x64", b"\xc0\x00"]),
)


@st.composite
def key_notes(draw: st.DrawFn, channel: int, pitch: int) -> list[Note]:
    """Notes of one key, which may begin before the one before has ended but end in the order in which they begin."""
    count = draw(st.integers(1, 5))
    onset, offset, found = draw(st.integers(0, 2000)), 0, []
    for _ in range(count):
        offset = max(offset, onset) + draw(st.integers(1, 900))
        found.append((onset, offset, pitch, draw(st.integers(1, 127))))
        onset = draw(st.integers(onset + 1, offset + 700))
    return found


@st.composite
def written_tracks(draw: st.DrawFn) -> tuple[list[Timed], list[Note], list[Control]]:
    """Tracks with keys of their own, all that is legal between the notes, and the notes and controls in them."""
    tracks: list[Timed] = []
    notes: list[Note] = []
    controls: list[tuple[int, int, Control]] = []
    for number in range(draw(st.integers(1, 3))):
        keys = draw(st.sets(st.tuples(st.sampled_from(PIANO_CHANNELS), st.integers(0, 127)), max_size=4))
        if number == 0 and not keys:
            keys = {(0, 60)}
        events: list[tuple[int, int, bytes]] = []  # tick, order at equal ticks, bytes
        for channel, pitch in sorted(keys):
            for onset, offset, _, velocity in (played := draw(key_notes(channel, pitch))):
                release = draw(st.sampled_from([off(pitch, channel), on(pitch, 0, channel)]))
                events += [(onset, 1, on(pitch, velocity, channel)), (offset, draw(st.integers(0, 2)), release)]
            notes += played
        for tick, value in draw(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 127)), max_size=4)):
            events.append((tick, 0, bytes([0xB0 | draw(st.sampled_from(PIANO_CHANNELS)), 64, value])))
        for tick, event in draw(st.lists(st.tuples(st.integers(0, 3000), MUTE_EVENTS), max_size=5)):
            events.append((tick, 0, event))
        events.sort(key=lambda event: event[:2])
        controls += [(tick, number, (tick, e[1], e[2])) for tick, _, e in events if e[0] >> 4 == 0xB]
        tracks.append([(tick, event) for tick, _, event in events])
    controls.sort(key=lambda control: control[:2])
    return tracks, notes, [control for *_, control in controls]


@st.composite
def written_midi(draw: st.DrawFn) -> WrittenMidi:
    """A legal file, in ticks a quarter with one tempo, or in SMPTE frames with tempo events that do not count."""
    tracks, notes, controls = draw(written_tracks())
    tempo = draw(st.integers(1, 0xFFFFFF))
    if draw(st.booleans()):
        frames, ticks = draw(st.sampled_from(sorted(FRAMES_A_SECOND))), draw(st.integers(1, 255))
        division, tick_seconds = bytes([256 - frames, ticks]), 1 / (FRAMES_A_SECOND[frames] * ticks)
    else:
        resolution = draw(st.integers(1, 0x7FFF))
        division, tick_seconds = resolution.to_bytes(2), tempo * 1e-6 / resolution
    draw(st.sampled_from(tracks)).insert(0, (0, meta(0x51, tempo.to_bytes(3))))
    contents = [
        track_bytes(
            track, draw(st.booleans()), draw(st.sampled_from([b"\0" + END_OF_TRACK, b"\x60" + END_OF_TRACK, b""]))
        )
        for track in tracks
    ]
    chunks = [chunk(b"MTrk", content) for content in contents]
    for foreign in draw(st.lists(st.binary(max_size=20), max_size=2)):
        chunks.insert(draw(st.integers(0, len(chunks))), chunk(b"XFIH", foreign))
    form = draw(st.sampled_from([0, 1] if len(tracks) == 1 else [1]))
    content = header(division, len(tracks), form) + b"".join(chunks)
    return WrittenMidi(content, notes, controls, tick_seconds)


@st.composite
def damaged_midi(draw: st.DrawFn) -> bytes:
    """A legal file in which bytes were flipped, cut out or put in, and perhaps the end is missing."""
    content = bytearray(draw(written_midi()).content)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(len(content) - 1, 0)))
        change = draw(st.sampled_from(["flip", "cut", "insert", "truncate"]))
        if change == "flip" and content:
            content[place] ^= draw(st.integers(1, 255))
        elif change == "cut":
            del content[place : place + draw(st.integers(1, 8))]
        elif change == "insert":
            content[place:place] = draw(st.binary(min_size=1, max_size=8))
        elif draw(st.booleans()):
            del content[place:]
    return bytes(content)
