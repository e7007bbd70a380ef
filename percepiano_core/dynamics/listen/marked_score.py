"""Predicted dynamic levels in a score: where they belong, the MusicXML that carries them, and an engraving of it.

The recording is followed through the score by its sound (`score_following.py`), once as written and once with all
repeats played; what fits better is marked. A recording may play a part of the score alone. As written, the document
given keeps all that it has; with repeats it is one with the repeats written out, so that each pass has levels of its
own. A level stands on the notated beat nearest to the place that is played when it is heard. Static levels that the
score had are left out: all that it shows are predicted. See docs/listening.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import partitura
import verovio
from partitura.score import Measure, Part

from percepiano_core.dynamics.listen.musicxml_marks import PlacedLevel, add_accidentals, replace_levels
from percepiano_core.dynamics.listen.score_following import EXCERPT_GAIN, SAME_COST, ScorePath, follow
from percepiano_core.dynamics.listen.unfolded_document import unfolded_document
from percepiano_core.errors import DataError
from percepiano_core.files import replacing, write_text
from percepiano_core.score.corrections import DEFAULT
from percepiano_core.score.metre import beat_positions
from percepiano_core.score.reading import read_events
from percepiano_core.score.repeats import full_order
from percepiano_core.score.struck_notes import printed_quarters
from percepiano_core.score.written_score import read_written_score

BARLINE_QUARTERS = 0.5  # how near to a bar line a path's end counts as on it
ROUNDING_QUARTERS = 1e-6
ENGRAVING = {
    **{"scale": 35, "pageWidth": 2970, "pageHeight": 2100, "adjustPageHeight": True, "footer": "none"},
    "xmlIdSeed": 1,  # equal scores give equal files
}


@dataclass(frozen=True, slots=True, eq=False)
class FollowedScore:
    """A score, the path of a recording through it, and its MusicXML; `unfolded` if its repeats are written out.

    Attributes
    ----------
    bar_starts, beats : quarters from the first barline, of each bar [b] and of each notated beat [k]
    bar_numbers : as the score prints them [b]
    """

    bar_starts: np.ndarray
    bar_numbers: tuple[str, ...]
    beats: np.ndarray
    path: ScorePath
    document: Element
    unfolded: bool


def follow_score(path: Path | str, waveform: np.ndarray) -> FollowedScore:
    """Follow a waveform (22,050 Hz) through a MusicXML score or a part of it, as written or with repeats.

    What fits better is taken; a part that is the same in both is followed as written. DataError for a score that cannot
    be read or has no notes.
    """
    score = read_written_score(path)
    written = tuple(range(len(score.bars)))
    unfolded = tuple(full_order([bar.marks for bar in score.bars]))
    orders = [written] if unfolded == written else [written, unfolded]
    paths = [_path(score.struck_notes(order), waveform) for order in orders]
    taken = 0 if len(paths) == 1 or _as_written(*paths) else 1
    events = read_events(path, score.root, DEFAULT, orders[taken])
    starts = np.array(events.measure_starts)
    beats = beat_positions(events, events.end)
    return FollowedScore(
        bar_starts=printed_quarters(events, starts, np.arange(len(starts))),
        bar_numbers=tuple(score.bars[index].number for index in orders[taken]),
        beats=printed_quarters(events, beats, np.searchsorted(starts, beats, side="right") - 1),
        path=paths[taken],
        document=unfolded_document(score.root, unfolded) if taken else score.root,
        unfolded=bool(taken),
    )


def bars_played(followed: FollowedScore) -> tuple[str, str]:
    """The first and the last bar that the recording plays, as the score numbers them."""
    # a path that ends on a bar line has not played the bar that begins there
    ends = followed.path.quarters[[0, -1]] + [BARLINE_QUARTERS, -BARLINE_QUARTERS]
    first, last = _bars_at(followed.bar_starts, ends).tolist()
    return followed.bar_numbers[first], followed.bar_numbers[last]


def mark_score(followed: FollowedScore, times: np.ndarray, levels: Sequence[str]) -> int:
    """Write levels, heard at times (seconds, increasing), into the score's document; returns how many it has now."""
    quarters = followed.path.quarter_at(times)
    nearest = np.abs(followed.beats[None, :] - quarters[:, None]).argmin(axis=1)
    places = followed.beats[nearest]
    bars = _bars_at(followed.bar_starts, places)
    within = places - followed.bar_starts[bars]
    marks = zip(bars.tolist(), within.tolist(), levels, strict=True)
    return replace_levels(followed.document, [PlacedLevel(*mark) for mark in marks])


def _path(notes: np.ndarray, waveform: np.ndarray) -> ScorePath:
    struck = notes[~notes["is_grace"]]
    return follow(waveform, struck["onset_quarter"], struck["duration_quarter"], struck["pitch"])


def _bars_at(bar_starts: np.ndarray, quarters: np.ndarray) -> np.ndarray:
    return np.clip(np.searchsorted(bar_starts, quarters + ROUNDING_QUARTERS, side="right") - 1, 0, None)


def placed(part: Part, positions: np.ndarray, levels: Sequence[str]) -> list[PlacedLevel]:
    """Levels at positions in the part's divisions, by measure and quarter."""
    starts = np.array([measure.start.t for measure in part.iter_all(Measure)])
    measures = np.searchsorted(starts, positions, side="right") - 1
    quarters = part.quarter_map(positions) - part.quarter_map(starts[measures])
    return [PlacedLevel(int(m), float(q), level) for m, q, level in zip(measures, quarters, levels, strict=True)]


def as_document(part: Part) -> Element:
    """MusicXML of a part in partitura, with accidentals."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of notation that plays no part here
        document = ElementTree.fromstring(partitura.save_musicxml(part))
    add_accidentals(document)
    return document


def _as_written(written: ScorePath, unfolded: ScorePath) -> bool:
    """Whether the path through the score as written is to be taken; a part of the unfolded one may be all of it."""
    allowed = 0.0
    if unfolded.excerpt:
        allowed = SAME_COST if written.excerpt else EXCERPT_GAIN
    return written.cost <= unfolded.cost + allowed


def write_document(document: Element, path: Path | str) -> None:
    """Write MusicXML, whole or not at all."""
    with replacing(path) as part:
        ElementTree.ElementTree(document).write(part, encoding="UTF-8", xml_declaration=True)


def engrave(musicxml: Path, folder: Path) -> list[Path]:
    """Engrave a MusicXML file by verovio; a picture a page, `{name}_{page}.svg` in the folder."""
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(ENGRAVING)
    if not toolkit.loadData(musicxml.read_text(encoding="utf-8")):
        raise DataError(musicxml, "verovio cannot engrave it", "open it in a notation program")
    pages = [folder / f"{musicxml.stem}_{page}.svg" for page in range(1, toolkit.getPageCount() + 1)]
    for number, page in enumerate(pages, start=1):
        write_text(page, toolkit.renderToSVG(number))
    return pages
