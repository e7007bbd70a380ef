"""The synthetic works: their styles, and which phrases become segments.

Three works hold five pieces. A segment is one eight-bar phrase; two of the default segments share text on purpose (a
written repeat with another ending, and the first half of a phrase), as neighbours of the real corpus do
(docs/corpus.md, "Segments that share music"), so that the leakage checker has something to find.
"""

from __future__ import annotations

from dataclasses import dataclass

from percepiano_core.corpus.synthetic.music import Key, Metre

_Rhythm = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """How a piece is written.

    Attributes
    ----------
    rhythms : melody rhythms of one bar, in divisions
    cadences : rhythms of the fourth and the eighth bar
    accompaniment : pattern of percepiano_core.corpus.synthetic.accompaniment
    lyrical : share of bars under a slur; the others are detached
    pickup : divisions before the first downbeat of segment 1
    digits : segment numbers are padded to this width
    """

    piece: str
    work: str
    key: Key
    metre: Metre
    quarters_per_minute: float
    words: str
    accompaniment: str
    rhythms: tuple[_Rhythm, ...]
    cadences: tuple[_Rhythm, _Rhythm]
    lyrical: float
    pickup: int = 0
    graces: bool = False
    ties: bool = False
    tremolo: bool = False
    chordal: bool = False
    digits: int = 1


STYLES = (
    Style(
        piece="Synthetic_Waltz",
        work="Waltz",
        key=Key(1),
        metre=Metre(3, 4, 24, 24),
        quarters_per_minute=138.0,
        words="Allegretto",
        accompaniment="waltz",
        rhythms=((24, 24, 24), (48, 24), (36, 12, 24), (24, 12, 12, 24), (12, 12, 12, 12, 24), (24, 48)),
        cadences=((48, 24), (72,)),
        lyrical=0.6,
        pickup=24,
        graces=True,
        ties=True,
    ),
    Style(
        piece="Synthetic_Sonatina_mv1",
        work="Sonatina",
        key=Key(-3, minor=True),
        metre=Metre(4, 4, 24, 24),
        quarters_per_minute=112.0,
        words="Allegro moderato",
        accompaniment="alberti",
        rhythms=((48, 24, 24), (36, 12, 24, 24), (24, 12, 12, 24, 24), (18, 6, 24, 48), (12, 12, 12, 12, 24, 24)),
        cadences=((48, 24, 24), (24, 72)),
        lyrical=0.4,
        ties=True,
        digits=2,
    ),
    Style(
        piece="Synthetic_March",
        work="March",
        key=Key(2),
        metre=Metre(2, 2, 48, 48),
        quarters_per_minute=176.0,
        words="Allegro",
        accompaniment="march",
        rhythms=((24, 24, 24, 24), (36, 12, 24, 24), (48, 24, 24), (24, 12, 12, 48), (48, 36, 12)),
        cadences=((48, 48), (48, 48)),
        lyrical=0.15,
        graces=True,
        tremolo=True,
        chordal=True,
    ),
    Style(
        piece="Synthetic_Sonatina_mv2",
        work="Sonatina",
        key=Key(-4),
        metre=Metre(6, 8, 36, 36),
        quarters_per_minute=66.0,
        words="Andante cantabile",
        accompaniment="barcarolle",
        rhythms=((36, 24, 12), (24, 12, 24, 12), (36, 36), (24, 12, 36), (12, 12, 12, 24, 12)),
        cadences=((36, 36), (72,)),
        lyrical=0.9,
        graces=True,
        digits=2,
    ),
    Style(
        piece="Synthetic_March_trio",
        work="March",
        key=Key(2, minor=True),
        metre=Metre(4, 4, 24, 24),
        quarters_per_minute=84.0,
        words="Adagio",
        accompaniment="triplets",
        rhythms=((48, 48), (72, 24), (48, 24, 24), (36, 12, 48), (24, 24, 48)),
        cadences=((72, 24), (96,)),
        lyrical=0.85,
        ties=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A segment to write: phrase of a piece (from 1), its number, bars, and whether the phrase ends otherwise."""

    style: Style
    number: int
    phrase: int
    bars: int = 8
    second_ending: bool = False

    @property
    def segment(self) -> str:
        """Segment name `<piece>_<B>bars_<number>`."""
        return f"{self.style.piece}_{self.bars}bars_{self.number:0{self.style.digits}d}"

    @property
    def text(self) -> str:
        """Name of the phrase that is played."""
        return f"{self.style.piece}_phrase{self.phrase}"


def plan_segments(count: int) -> list[Plan]:
    """The first `count` segments, dealt over the pieces; the tenth is a written repeat, the eleventh half a phrase."""
    plans: list[Plan] = []
    phrases = {style.piece: 0 for style in STYLES}
    while len(plans) < count:
        place = len(plans)
        if place == 9:
            plans.append(Plan(STYLES[0], number=3, phrase=1, second_ending=True))
        elif place == 10:
            plans.append(Plan(STYLES[1], number=1, phrase=1, bars=4))
        else:
            style = STYLES[(place if place < 9 else place - 2) % len(STYLES)]
            phrases[style.piece] += 1
            phrase = phrases[style.piece]
            repeated = style is STYLES[0] and phrase > 2  # number 3 of the waltz is the written repeat
            plans.append(Plan(style, number=phrase + int(repeated), phrase=phrase))
    return plans
