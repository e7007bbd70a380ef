"""MusicXML of known music with the freedoms that the format leaves, and documents with damage."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from xml.etree import ElementTree

from hypothesis import strategies as st
from known_music import TYPES, Event, Known, Music, Voice, known, random_music

SPELLINGS = {
    **{0: ("C", 0), 1: ("C", 1), 2: ("D", 0), 3: ("E", -1), 4: ("E", 0), 5: ("F", 0), 6: ("F", 1), 7: ("G", 0)},
    **{8: ("A", -1), 9: ("A", 0), 10: ("B", -1), 11: ("B", 0)},
}
DOCTYPE = '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
CONTAINER = '<container><rootfiles><rootfile full-path="music.xml"/></rootfiles></container>'
NOISE = [
    *(
        "<!-- a comment -->",
        "<?program does this?>",
        "<print new-system='yes'/>",
        "<harmony><root><root-step>C</root-step>",
    ),
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

TEXTS = [
    *(
        "",
        " ",
        "0",
        "-1",
        "1",
        "3.7",
        "-99999999",
        "1e9",
        "1" * 400,
        "NaN",
        "inf",
        "yes",
        "start",
        "C",
        "4/4",
        "1-99999",
    ),
    *(
        "0.000001",
        "999999",
        "65536",
        "0.3333333333333333333",
        "4,5",
        "+",
        "x" * 1000,
        "3+2",
        "stop",
        "backward",
        "D.C. al Coda",
    ),
]
TAGS = [
    "note",
    "backup",
    "forward",
    "measure",
    "part",
    "chord",
    "grace",
    "rest",
    "attributes",
    "sound",
    "transpose",
    "tied",
    "pitch",
]


@dataclass
class WrittenFile:
    """A file and what is to be read from it."""

    name: str
    content: bytes
    known: Known


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
            hidden = " print-object='no'" if (self.index or number) and self.rnd.random() < 0.3 else ""
            return [f"<note{hidden}><rest/>{duration}{named}{kind}</note>"]
        head = "<cue/>" if event.form == "cue" else ""
        notations = f"<ornaments><tremolo type='single'>{event.strokes}</tremolo></ornaments>" if event.strokes else ""
        notations += "<tied type='let-ring'/>" if event.form == "let-ring" else ""
        ties = [t for t, there in (("stop", tied), ("start", event.tied_on)) if there]
        heard = [t for t in ties if self.ties in ("tie", "both", t)]
        seen = [t for t in ties if self.ties in ("tied", "both", t)]
        notations += "".join(f"<tied type='{t}'/>" for t in seen)
        tie = "".join(f"<tie type='{t}'/>" for t in heard)
        tail = named + kind + (f"<notations>{notations}</notations>" if notations else "")
        return graces + [
            self.note(
                pitch,
                head + ("<chord/>" if place else ""),
                duration + tie + tail,
                " print-object='no'" * (event.form == "hidden"),
            )
            for place, pitch in enumerate(event.pitches)
        ]

    def note(self, pitch: int, head: str, tail: str, attributes: str) -> str:
        octave, key = divmod(pitch - self.chromatic - 12 * self.octaves, 12)
        step, alter = SPELLINGS[key]
        alter_text = f"<alter>{alter}</alter>" if alter or self.rnd.random() < 0.1 else ""
        self.count += 1
        name = {"": "", "unique": f" id='p{self.index}x{self.count}'", "same": " id='note'"}[self.ids]
        pitched = f"<pitch><step>{step}</step>{alter_text}<octave>{octave - 1}</octave></pitch>"
        return f"<note{name}{attributes}>{head}{pitched}{tail}</note>"


def _document(rnd: random.Random, music: Music) -> str:
    columns = [_PartWriter(rnd, music, index).measures() for index in range(len(music.parts))]
    numbers = rnd.choice((lambda i: str(i + 1), str, lambda i: "1", lambda i: f"X{i}"))
    listed = rnd.choice((range(len(columns)), range(1), ()))
    names = "".join(f"<score-part id='P{i}'><part-name>Piano</part-name></score-part>" for i in listed)
    head = f"<part-list>{names}</part-list>" if names or rnd.random() < 0.5 else ""
    bars = [[f"<measure number='{numbers(i)}'>{bar}</measure>" for i, bar in enumerate(column)] for column in columns]
    if rnd.random() < 0.1:
        rows = "".join(
            f"<measure number='{numbers(i)}'>"
            + "".join(f"<part id='P{p}'>{c[i]}</part>" for p, c in enumerate(columns))
            + "</measure>"
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
    """Known music in one of the ways to write it."""
    music = random_music(rnd)
    name, content = _encoded(rnd, _document(rnd, music))
    return WrittenFile(name, content, known(music))


def damaged_file(rnd: random.Random) -> tuple[str, bytes]:
    """Name and content of a score in which elements or bytes are wrong."""
    text = _document(rnd, random_music(rnd))
    root = ElementTree.fromstring(text)
    for _ in range(rnd.randint(0, 4)):
        _damage_elements(rnd, root)
    name, content = _encoded(rnd, ElementTree.tostring(root, encoding="unicode"))
    for _ in range(rnd.choice((0, 0, 0, 1, 3))):
        place = rnd.randrange(len(content))
        junk = bytes(rnd.randrange(256) for _ in range(rnd.randint(0, 3)))
        content = content[:place] + junk + content[place + rnd.choice((0, 1, 3, len(content))) :]
        content = content or b" "
    return name, content


def _damage_elements(rnd: random.Random, root: ElementTree.Element) -> None:
    """Take out, double, move or garble one element, or nest it in itself."""
    parents = [each for each in root.iter() if len(each)]
    if not parents:
        return
    parent = rnd.choice(parents)
    place = rnd.randrange(len(parent))
    child = parent[place]
    kind = rnd.choice(("take out", "double", "move", "text", "text", "text", "attribute", "name", "nest"))
    if kind == "take out" and len(parents) > 1:
        parent.remove(child)
    elif kind == "double":
        parent.insert(place, child)
    elif kind == "move":
        rnd.choice(parents).append(ElementTree.fromstring(ElementTree.tostring(child)))
    elif kind == "text":
        rnd.choice([each for each in root.iter() if not len(each)] or [root]).text = rnd.choice(TEXTS)
    elif kind == "attribute":
        child.set(
            rnd.choice(("type", "number", "print-object", "id", "direction", "times", "tempo")), rnd.choice(TEXTS)
        )
    elif kind == "name":
        child.tag = rnd.choice(TAGS)
    else:
        for _ in range(rnd.choice((3, 300))):
            inner = ElementTree.SubElement(child, child.tag)
            child = inner


written_files = st.randoms(use_true_random=False).map(written_file)
damaged_files = st.randoms(use_true_random=False).map(damaged_file)
