"""Small scores written as MusicXML, for the tests of the score features."""

from __future__ import annotations

from pathlib import Path

from percepiano_core.features.score.read import read_score
from percepiano_core.features.score_table import ScoreTable
from percepiano_core.score.corrections import DEFAULT, Corrections

DIVISIONS = 4
ATTRIBUTES = (
    f"<attributes><divisions>{DIVISIONS}</divisions><time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
)


def note(step: str, ticks: int, *, octave: int = 4, voice: int = 1, inside: str = "", head: str = "") -> str:
    pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    return f"<note>{head}{pitch}<duration>{ticks}</duration><voice>{voice}</voice>{inside}</note>"


def grace(step: str, *, chord: bool = False) -> str:
    pitch = f"<pitch><step>{step}</step><octave>4</octave></pitch>"
    return f"<note><grace slash='yes'/>{'<chord/>' if chord else ''}{pitch}<voice>1</voice></note>"


def rest(ticks: int, *, hidden: bool = False, inside: str = "") -> str:
    flag = " print-object='no'" if hidden else ""
    return f"<note{flag}><rest/><duration>{ticks}</duration><voice>1</voice>{inside}</note>"


def direction(content: str, sound: str = "") -> str:
    return f"<direction><direction-type>{content}</direction-type>{sound}</direction>"


def words(text: str) -> str:
    return direction(f"<words>{text}</words>")


def dynamics(sign: str) -> str:
    return direction(f"<dynamics><{sign}/></dynamics>")


def tied(*kinds: str) -> str:
    return "<notations>" + "".join(f"<tied type='{kind}'/>" for kind in kinds) + "</notations>"


def read(folder: Path, *measures: str, corrections: Corrections = DEFAULT, first: str = ATTRIBUTES) -> ScoreTable:
    bars = "".join(
        f"<measure number='{i}'>{first if i == 1 else ''}{bar}</measure>" for i, bar in enumerate(measures, start=1)
    )
    path = folder / "score.musicxml"
    path.write_text(f"<score-partwise><part id='P1'>{bars}</part></score-partwise>", encoding="utf-8")
    return read_score(path, corrections, "Schubert")


BAR = note("C", 12)
