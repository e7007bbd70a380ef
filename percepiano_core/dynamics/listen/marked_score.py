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
from partitura.score import GenericNote, Measure, Part, Score, unfold_part_maximal

from percepiano_core.alignment.score_notes import load_score, reading_with_partitura, score_notes
from percepiano_core.alignment.unfolding import with_deep_stack
from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.dynamics.listen.musicxml_marks import PlacedLevel, add_accidentals, replace_levels
from percepiano_core.dynamics.listen.score_following import EXCERPT_GAIN, SAME_COST, ScorePath, follow
from percepiano_core.errors import DataError
from percepiano_core.files import replacing, write_text

ENGRAVING = {
    **{"scale": 35, "pageWidth": 2970, "pageHeight": 2100, "adjustPageHeight": True, "footer": "none"},
    "xmlIdSeed": 1,  # equal scores give equal files
}


@dataclass(frozen=True, slots=True, eq=False)
class FollowedScore:
    """A score, the path of a recording through it, and its MusicXML; `unfolded` if its repeats are written out."""

    part: Part  # the first, in which the levels are written
    path: ScorePath
    document: Element
    unfolded: bool


def follow_score(path: Path | str, waveform: np.ndarray) -> FollowedScore:
    """Follow a waveform (22,050 Hz) through a MusicXML score or a part of it, as written or with repeats.

    What fits better is taken; a part that is the same in both is followed as written. DataError for a score that cannot
    be read or has no notes.
    """
    document = read_musicxml(path)
    with reading_with_partitura(path):
        written = load_score(path)
        unfolded = with_deep_stack(lambda: unfold_part_maximal(load_score(path), update_ids=True))
        notes = [score_notes(score)[0] for score in (written, unfolded)]
    struck = [table[~table["is_grace"]] for table in notes]
    if not len(struck[0]):
        raise DataError(path, "it has no notes besides grace notes", "give the score of what is played")
    versions = struck[: 1 if len(struck[0]) == len(struck[1]) else 2]
    paths = [follow(waveform, each["onset_quarter"], each["duration_quarter"], each["pitch"]) for each in versions]
    if len(paths) == 1 or _as_written(*paths):
        return FollowedScore(written.parts[0], paths[0], document, unfolded=False)
    with reading_with_partitura(path):
        return FollowedScore(unfolded.parts[0], paths[1], as_document(unfolded), unfolded=True)


def bars_played(followed: FollowedScore) -> tuple[str, str]:
    """The first and the last bar that the recording plays, as the score numbers them."""
    part, path = followed.part, followed.path
    measures = sorted(part.iter_all(Measure), key=lambda measure: measure.start.t)
    ends = part.inv_quarter_map(path.quarters[[0, -1]])
    # a path that ends on a bar line has not played the bar that begins there
    at = np.searchsorted([measure.start.t for measure in measures], [ends[0] + 1, ends[1] - 1], side="right") - 1
    first, last = (measures[index] for index in np.clip(at, 0, len(measures) - 1))
    return str(first.name or first.number), str(last.name or last.number)


def mark_score(followed: FollowedScore, times: np.ndarray, levels: Sequence[str]) -> int:
    """Write levels, heard at times (seconds, increasing), into the score's document; returns how many it has now."""
    part = followed.part
    beats = np.rint(part.beat_map(part.inv_quarter_map(followed.path.quarter_at(times))))
    positions = np.clip(np.rint(part.inv_beat_map(beats)).astype(int), part.first_point.t, part.last_point.t - 1)
    return replace_levels(followed.document, placed(part, positions, levels))


def placed(part: Part, positions: np.ndarray, levels: Sequence[str]) -> list[PlacedLevel]:
    """Levels at positions in the part's divisions, by measure and quarter."""
    starts = np.array([measure.start.t for measure in part.iter_all(Measure)])
    measures = np.searchsorted(starts, positions, side="right") - 1
    quarters = part.quarter_map(positions) - part.quarter_map(starts[measures])
    return [PlacedLevel(int(m), float(q), level) for m, q, level in zip(measures, quarters, levels, strict=True)]


def as_document(score: Score | Part) -> Element:
    """MusicXML of a score in partitura, with accidentals."""
    for part in score.parts if isinstance(score, Score) else [score]:
        _drop_lost_links(part)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of notation that plays no part here
        document = ElementTree.fromstring(partitura.save_musicxml(score))
    add_accidentals(document)
    return document


def _as_written(written: ScorePath, unfolded: ScorePath) -> bool:
    """Whether the path through the score as written is to be taken; a part of the unfolded one may be all of it."""
    allowed = 0.0
    if unfolded.excerpt:
        allowed = SAME_COST if written.excerpt else EXCERPT_GAIN
    return written.cost <= unfolded.cost + allowed


def _drop_lost_links(part: Part) -> None:
    """Forget slurs and tuplets that unfolding has left without their other end, which partitura cannot write."""
    for note in part.iter_all(GenericNote, include_subclasses=True):
        for links in ("slur_starts", "slur_stops", "tuplet_starts", "tuplet_stops"):
            setattr(note, links, [link for link in getattr(note, links) if link is not None])


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
