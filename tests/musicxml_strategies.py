"""MusicXML made from known music with the freedoms that the format leaves, and documents with damage.

The music comes first: bars, parts, voices and the notes that are struck. Then it is written down, each time in another
of the ways that the schema allows. No two voices share a pitch, so that what is struck needs no rule for unisons.
"""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree

from hypothesis import strategies as st

from percepiano_core.corpus.timewise import as_partwise

LENGTHS = [Fraction(n, d) for n, d in ((1, 4), (1, 3), (1, 2), (2, 3), (3, 4), (1, 1), (3, 2), (2, 1))]
TYPES = {Fraction(1, 4): "16th", Fraction(1, 2): "eighth", Fraction(1): "quarter", Fraction(2): "half"}
FLAGS = {"16th": 2, "eighth": 1, "quarter": 0, "half": 0}
SPELLINGS = {
    **{0: ("C", 0), 1: ("C", 1), 2: ("D", 0), 3: ("E", -1), 4: ("E", 0), 5: ("F", 0), 6: ("F", 1), 7: ("G", 0)},
    **{8: ("A", -1), 9: ("A", 0), 10: ("B", -1), 11: ("B", 0)},
}
DOCTYPE = '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
CONTAINER = '<container><rootfiles><rootfile full-path="music.xml"/></rootfiles></container>'
NOISE = [
    *("<!-- a comment -->", "<?program does this?>", "<print new-system='yes'/>", "<harmony><root><root-step>C</root-step>"),
    "<direction><direction-type><words>dolce</words></direction-type><offset>-1</offset></direction>",
    "<direction placement='below'><direction-type><dynamics><mf/></dynamics></direction-type></direction>",
    "<sound tempo='92.5'/>",
    "<direction><direction-type><words/></direction-type><sound dynamics='80'/></direction>",
    "<figured-bass><figure><figure-number>6</figure-number></figure></figured-bass>",
    "<attributes><clef><sign>F</sign><line>4</line></clef></attributes>",
    "<attributes><key><fifths>-3</fifths></key></attributes>",
    "<barline location='middle'><bar-style>dashed</bar-style></barline>",
]
NOISE[3] += "<root-alter>-1.0</root-alter></root><kind>minor</kind></harmony>"
Struck = tuple[Fraction, Fraction, int]


@dataclass
class Event:
    """A chord, or a rest (no pitches), of one voice."""

    length: Fraction
    pitches: tuple[int, ...] = ()
    graces: tuple[int, ...] = ()
    tied_on: bool = False  # to the next event of the voice
    form: str = "plain"  # "cue", "hidden", "tremolo", "let-ring"
    strokes: int = 0


@dataclass
class Voice:
    """The events of one voice, bar by bar; each bar's fill it from its start, or a part of it."""

    bars: list[list[Event]]


@dataclass
class Music:
    """What is known: bars of given lengths, voices of parts, the order of playing."""

    signature: tuple[int, int]
    lengths: list[Fraction]
    parts: list[list[Voice]]
    order: list[int]
    marks: dict[int, list[str]] = field(default_factory=dict)  # bar -> barlines and directions, for one part


@dataclass
class WrittenFile:
    """A file and what is to be read from it; onsets and lengths in quarters from the first barline."""

    name: str
    content: bytes
    struck: list[Struck]
    graces: list[tuple[Fraction, int]]
    hidden: list[tuple[Fraction, int]]


# --- music ---


def _events(rnd: random.Random, length: Fraction, pitches: list[int], plain: bool) -> list[Event]:
    """Events that fill a length."""
    events: list[Event] = []
    while length > 0:
        event = Event(rnd.choice([each for each in LENGTHS if each <= length] or [length]))
        length -= event.length
        if rnd.random() < 0.8:
            event.pitches = tuple(rnd.sample(pitches, rnd.choice((1, 1, 1, 2, 3))))
            kind = "plain" if plain else rnd.choice(("plain",) * 6 + ("cue", "hidden", "tremolo", "let-ring", "grace"))
            if kind == "grace":
                event.graces = tuple(rnd.sample(pitches, rnd.choice((1, 2))))
            elif kind == "tremolo" and event.length in TYPES:
                event.form, event.strokes = kind, rnd.choice((1, 2, 3))
            elif kind != "tremolo":
                event.form = kind
        events.append(event)
    return events


def _tie(rnd: random.Random, voice: Voice, lengths: list[Fraction], repeats: bool) -> None:
    """Tie some notes to the next event, which then has the same pitches."""
    ends = [sum((e.length for e in bar), Fraction(0)) == length for bar, length in zip(voice.bars, lengths, strict=True)]
    placed = [(index, at, event) for index, bar in enumerate(voice.bars) for at, event in enumerate(bar)]
    for (bar, at, first), (next_bar, _, second) in zip(placed, placed[1:], strict=False):
        is_last = at == len(voice.bars[bar]) - 1
        touches = next_bar == bar or (is_last and ends[bar] and next_bar == bar + 1 and not repeats)
        simple = {first.form, second.form} <= {"plain"} and first.pitches and second.pitches and not second.graces
        if touches and simple and rnd.random() < 0.3:
            first.tied_on, second.pitches = True, first.pitches


def _form(rnd: random.Random, bars: int) -> tuple[list[int], dict[int, list[str]]]:
    """An order of playing and the signs for it."""
    once = list(range(bars))
    kind = rnd.choice(("none", "none", "repeat", "endings", "da capo", "dal segno"))
    if bars < 4 or kind == "none":
        return once, {}
    back, forward = "<barline location='right'><repeat direction='backward'/>{}</barline>", "<barline location='left'><repeat direction='forward'/></barline>"
    if kind == "repeat":
        start, end = sorted(rnd.sample(once, 2))
        signs = {end: [back.format("")]} | ({start: [forward]} if start else {})
        if start == end:
            return once, {}
        return [*once[: end + 1], *once[start:]], signs
    if kind == "endings":
        bracket = "<barline location='{}'><ending number='{}' type='{}'/>{}</barline>"
        repeat = "<repeat direction='backward'/>"
        signs = {1: [bracket.format("left", 1, "start", ""), bracket.format("right", 1, "stop", repeat)]}
        signs[2] = [bracket.format("left", 2, "start", ""), bracket.format("right", 2, rnd.choice(("stop", "discontinue")), "")]
        return [0, 1, 0, *once[2:]], signs
    sound = "<direction><direction-type><words>{}</words></direction-type><sound {}/></direction>"
    if kind == "da capo":
        return [*once, 0, 1], {bars - 1: [sound.format("D.C. al Fine", "dacapo='yes'")], 1: [sound.format("Fine", "fine='yes'")]}
    signs = {bars - 1: ["<sound dalsegno='segno'/>"], 1: ["<direction><direction-type><segno/></direction-type></direction>"], 2: [sound.format("Fine", "fine='yes'")]}
    return [*once, 1, 2], signs


def _music(rnd: random.Random) -> Music:
    beats, unit = rnd.choice(((4, 4), (3, 4), (6, 8), (2, 2), (5, 8)))
    nominal = Fraction(4 * beats, unit)
    n_bars = rnd.randint(1, 6)
    order, marks = _form(rnd, n_bars)
    lengths = [nominal] * n_bars
    if n_bars > 2 and not marks:
        lengths[0] = rnd.choice((nominal, nominal, Fraction(1, 2), Fraction(1)))
        middle = rnd.randrange(1, n_bars)
        lengths[middle] = rnd.choice((nominal, nominal + Fraction(1, 2), nominal - Fraction(1, 2)))
    empty = rnd.randrange(1, n_bars) if n_bars > 2 and lengths[1:] == [nominal] * (n_bars - 1) and rnd.random() < 0.3 else -1
    sizes = [rnd.randint(1, 2) for _ in range(rnd.randint(1, 3))]
    parts, number, total = [], 0, sum(sizes)
    for part, size in enumerate(sizes):
        voices = []
        for at in range(size):
            pitches = [pitch for pitch in range(36, 90) if pitch % total == number]
            leads, number = part == at == 0, number + 1
            bars = []
            for index, length in enumerate(lengths):
                shorter = [each for each in (Fraction(0), Fraction(1, 2), length) if each <= length]
                filled = length if leads else rnd.choice((length, length, rnd.choice(shorter)))
                bars.append([] if index == empty else _events(rnd, filled, pitches, plain=leads and index == 0))
            voices.append(Voice(bars))
            _tie(rnd, voices[-1], lengths, bool(marks))
        parts.append(voices)
    first = parts[0][0].bars[0][0]
    first.pitches = first.pitches or (60 - 60 % total,)
    return Music((beats, unit), lengths, parts, order, marks)


def _known(music: Music) -> tuple[list[Struck], list[tuple[Fraction, int]], list[tuple[Fraction, int]]]:
    """Notes struck, grace notes, and those of the struck that are hidden."""
    starts, now = [], Fraction(0)
    for index in music.order:
        starts.append(now)
        now += music.lengths[index]
    beats, unit = music.signature
    nominal = Fraction(4 * beats, unit)
    shift = music.lengths[0] if len(music.order) > 1 and music.lengths[0] < nominal else Fraction(0)
    struck, graces, hidden = [], [], []
    for voices in music.parts:
        for voice in voices:
            held: dict[int, tuple[Fraction, Fraction]] = {}
            for start, index in zip(starts, music.order, strict=True):
                onset = start - shift
                for event in voice.bars[index]:
                    count = int(event.length * 2 ** (event.strokes + FLAGS[TYPES[event.length]])) if event.strokes else 1
                    for pitch in event.pitches:
                        begun, length = held.pop(pitch, (onset, Fraction(0)))
                        if event.tied_on:
                            held[pitch] = begun, length + event.length
                            continue
                        parts = [(begun + i * event.length / count, (length + event.length) / count) for i in range(count)]
                        struck += [(*part, pitch) for part in parts]
                        hidden += [(part[0], pitch) for part in parts if event.form == "hidden"]
                    graces += [(onset, pitch) for pitch in event.graces]
                    onset += event.length
    return sorted(struck), sorted(graces), sorted(hidden)


# --- writing ---


class _PartWriter:
    """One part in one of the ways to write it."""

    def __init__(self, rnd: random.Random, music: Music, index: int) -> None:
        self.rnd, self.music, self.index = rnd, music, index
        self.divisions = rnd.choice((12, 24, 480, 12, 1, 8))
        self.chromatic, self.octaves = rnd.choice(((0, 0), (0, 0), (-2, 0), (3, -1), (0, 1)))
        names = rnd.choice((["1", "2"], ["5", "6"], ["left", "right"], ["1.0", ""], ["", ""]))
        self.voice_names = names
        self.ids = rnd.choice(("", "unique", "same"))
        self.ties = rnd.choice(("tie", "tied", "both", "both", "start", "stop"))
        self.noise = rnd.choice((0.0, 0.1))
        self.count = 0

    def number(self, value: Fraction) -> str:
        units = value * self.divisions
        if units.denominator == 1:
            return self.rnd.choice(("{}", "{}", "{}", "{}.0", " {} ", "+{}")).format(units)
        return f"{float(units):.4f}"

    def measures(self) -> list[str]:
        measures = []
        for bar in range(len(self.music.lengths)):
            content = self.attributes() if bar == 0 else ""
            content += "".join(self.bar(bar))
            if self.index == len(self.music.parts) - 1:
                signs = self.music.marks.get(bar, [])
                left = [sign for sign in signs if "location='left'" in sign]
                content = "".join(left) + content + "".join(sign for sign in signs if sign not in left)
            measures.append(content)
        return measures

    def attributes(self) -> str:
        beats, unit = self.music.signature
        pairs = [(f"{beats}", unit)]
        if beats > 3:
            pairs = self.rnd.choice((pairs, [(f"{beats - 2}+2", unit)], [("2", unit), (f"{beats - 2}", unit)]))
        time = "".join(f"<beats>{above}</beats><beat-type>{below}</beat-type>" for above, below in pairs)
        symbol = self.rnd.choice(("", "", " symbol='single-number'"))
        inner = [f"<divisions>{self.number(Fraction(1))}</divisions>"]
        if self.index == 0 or self.rnd.random() < 0.7:
            inner.append(f"<time{symbol}>{time}</time>")
        if (self.chromatic, self.octaves) != (0, 0):
            inner.append(
                f"<transpose><diatonic>0</diatonic><chromatic>{self.chromatic}</chromatic>"
                f"<octave-change>{self.octaves}</octave-change></transpose>"
            )
        opened = self.rnd.choice(("", "</attributes><attributes>"))
        return f"<attributes>{opened.join(inner)}</attributes>"

    def bar(self, bar: int) -> list[str]:
        """Elements of a bar: the voices' events one voice after the other or mixed, with moves between."""
        waiting = []
        for number, voice in enumerate(self.music.parts[self.index]):
            at = Fraction(0)
            placed = []
            for place, event in enumerate(voice.bars[bar]):
                placed.append((at, event, number, self.tied_from(voice, bar, place)))
                at += event.length
            waiting.append(placed)
        written: list[str] = []
        cursor = Fraction(0)
        mixed = self.rnd.random() < 0.2
        while any(waiting):
            placed = self.rnd.choice([each for each in waiting if each]) if mixed else next(filter(None, waiting))
            at, event, number, tied = placed.pop(0)
            if self.rnd.random() < self.noise:
                written.append(self.rnd.choice(NOISE))
            if self.rnd.random() < 0.05:
                self.divisions = self.rnd.choice((12, 24, 36))
                written.append(f"<attributes><divisions>{self.divisions}</divisions></attributes>")
            written += self.move(cursor, at)
            cursor = at + event.length
            written += self.event(event, number, tied)
        if not written and self.rnd.random() < 0.6:
            length = self.rnd.choice((Fraction(4), self.music.lengths[bar]))
            duration = self.rnd.choice((f"<duration>{self.number(length)}</duration>", ""))
            written.append(f"<note><rest measure='yes'/>{duration}</note>")
        return written

    def tied_from(self, voice: Voice, bar: int, place: int) -> bool:
        if place:
            return voice.bars[bar][place - 1].tied_on
        return bar > 0 and bool(voice.bars[bar - 1]) and voice.bars[bar - 1][-1].tied_on

    def move(self, cursor: Fraction, at: Fraction) -> list[str]:
        if cursor == at:
            return []
        tag, length = ("backup", cursor - at) if cursor > at else ("forward", at - cursor)
        steps = [length / 2, length / 2] if self.rnd.random() < 0.2 and self.divisions % 12 == 0 else [length]
        return [f"<{tag}><duration>{self.number(step)}</duration></{tag}>" for step in steps]

    def event(self, event: Event, number: int, tied: bool) -> list[str]:
        voice = self.voice_names[number]
        named = f"<voice>{voice}</voice>" if voice or self.rnd.random() < 0.5 else ""
        graces = [self.note(pitch, "<grace/>", named, "") for pitch in event.graces]
        duration = f"<duration>{self.number(event.length)}</duration>"
        kind = f"<type>{TYPES[event.length]}</type>" if event.length in TYPES else ""
        if not event.pitches:
            return [f"<note{self.rnd.choice(('', ' print-object="no"'))}><rest/>{duration}{named}{kind}</note>"] if self.index or number else [f"<note><rest/>{duration}{named}</note>"]
        head = ("<cue/>" if event.form == "cue" else "")
        notations = f"<ornaments><tremolo type='single'>{event.strokes}</tremolo></ornaments>" if event.strokes else ""
        notations += "<tied type='let-ring'/>" if event.form == "let-ring" else ""
        ties = [t for t, there in (("stop", tied), ("start", event.tied_on)) if there]
        heard = [t for t in ties if self.ties in ("tie", "both", t)]
        seen = [t for t in ties if self.ties in ("tied", "both", t)]
        notations += "".join(f"<tied type='{t}'/>" for t in seen)
        tie = "".join(f"<tie type='{t}'/>" for t in heard)
        tail = named + kind + (f"<notations>{notations}</notations>" if notations else "")
        return graces + [
            self.note(pitch, head + ("<chord/>" if place else ""), duration + tie + tail, " print-object='no'" * (event.form == "hidden"))
            for place, pitch in enumerate(event.pitches)
        ]

    def note(self, pitch: int, head: str, tail: str, attributes: str) -> str:
        octave, key = divmod(pitch - self.chromatic - 12 * self.octaves, 12)
        step, alter = SPELLINGS[key]
        alter_text = f"<alter>{alter}</alter>" if alter or self.rnd.random() < 0.1 else ""
        self.count += 1
        name = {"": "", "unique": f" id='p{self.index}x{self.count}'", "same": " id='note'"}[self.ids]
        return f"<note{name}{attributes}>{head}<pitch><step>{step}</step>{alter_text}<octave>{octave - 1}</octave></pitch>{tail}</note>"


def _document(rnd: random.Random, music: Music) -> str:
    columns = [_PartWriter(rnd, music, index).measures() for index in range(len(music.parts))]
    numbers = rnd.choice((lambda i: str(i + 1), str, lambda i: "1", lambda i: f"X{i}"))
    listed = rnd.choice((range(len(columns)), range(1), ()))
    names = "".join(f"<score-part id='P{i}'><part-name>Piano</part-name></score-part>" for i in listed)
    head = f"<part-list>{names}</part-list>" if names or rnd.random() < 0.5 else ""
    bars = [[f"<measure number='{numbers(i)}'>{bar}</measure>" for i, bar in enumerate(column)] for column in columns]
    if rnd.random() < 0.1:
        rows = "".join(
            f"<measure number='{numbers(i)}'>" + "".join(f"<part id='P{p}'>{c[i]}</part>" for p, c in enumerate(columns)) + "</measure>"
            for i in range(len(music.lengths))
        )
        return f"<score-timewise>{head}{rows}</score-timewise>"
    space = rnd.choice(("", " xmlns='http://www.musicxml.org/ns'", " version='4.0'"))
    parts = "".join(f"<part id='P{i}'>{''.join(column)}</part>" for i, column in enumerate(bars))
    return f"<score-partwise{space}>{head}{parts}</score-partwise>"


def _encoded(rnd: random.Random, text: str) -> tuple[str, bytes]:
    text = rnd.choice(("", DOCTYPE.replace("partwise", "timewise") if "score-timewise" in text else DOCTYPE)) + text
    encoding = rnd.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "mxl"))
    if encoding == "mxl":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("META-INF/container.xml", CONTAINER)
            archive.writestr("music.xml", text)
        return "score.mxl", packed.getvalue()
    declared = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "latin-1": "ISO-8859-1"}.get(encoding, encoding.upper())
    return "score.musicxml", f"<?xml version='1.0' encoding='{declared}'?>\n{text}".encode(encoding)


def written_file(rnd: random.Random) -> WrittenFile:
    music = _music(rnd)
    struck, graces, hidden = _known(music)
    name, content = _encoded(rnd, _document(rnd, music))
    return WrittenFile(name, content, struck, graces, hidden)


written_files = st.randoms(use_true_random=False).map(written_file)
