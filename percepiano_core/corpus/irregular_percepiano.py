"""Irregularities in the folders of the published PercePiano corpus (docs/corpus.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from percepiano_core.corpus import percepiano
from percepiano_core.corpus.irregularity import Irregularity
from percepiano_core.corpus.manifest import file_sha256
from percepiano_core.corpus.midi import read_performance
from percepiano_core.corpus.published_files import published_files
from percepiano_core.corpus.records import Performance
from percepiano_core.errors import DataError

MERGED_MEANS = f"labels/{percepiano.PUBLISHED_MEANS}"  # the second label file of the same name


def of_folders(performances: Sequence[Performance], root: Path) -> list[Irregularity]:
    """What is irregular in names, scores and label files; a folder that is not there has nothing irregular."""
    found = list(_blanks(performances))
    found += _stray_and_unpaired(performances, root)
    found += _score_midi(performances, root)
    found += _label_keys(root)
    found += _other_bytes(root)
    return found


def _blanks(performances: Sequence[Performance]) -> Iterator[Irregularity]:
    for each in performances:
        stem = Path(each.midi).stem
        if stem != stem.strip():
            yield Irregularity("blank_in_name", each.performance, f"the file is named '{Path(each.midi).name}'")


def _stray_and_unpaired(performances: Sequence[Performance], root: Path) -> Iterator[Irregularity]:
    """Score files that are no segment, and segments' scores that no performance is paired with."""
    paired = {percepiano.stem_of(Path(each.score).name) for each in performances}
    for folder, suffix in ((percepiano.SCORES, ".musicxml"), (percepiano.SCORE_MIDI, ".mid")):
        for path in sorted((root / folder).glob("*.*")):
            if path.suffix != suffix or percepiano.parse_name(path.name) is None:
                yield Irregularity("stray_file", f"{folder}/{path.name}", "not the name of a segment")
            elif percepiano.stem_of(path.name) not in paired:
                yield Irregularity(
                    "score_without_performance", f"{folder}/{path.name}", "no performance has this score"
                )


def _score_midi(performances: Sequence[Performance], root: Path) -> Iterator[Irregularity]:
    """Score MIDI without notes, and deadpan performances whose bytes are not those of the score MIDI of their name."""
    for path in sorted((root / percepiano.SCORE_MIDI).glob("*.mid")):
        try:
            read_performance(path)
        except DataError as error:
            yield Irregularity("empty_score_midi", f"{percepiano.SCORE_MIDI}/{path.name}", error.problem)
    for each in performances:
        twin = root / percepiano.SCORE_MIDI / f"{each.performance}.mid"
        if each.deadpan and twin.is_file() and twin.read_bytes() != (root / each.midi).read_bytes():
            yield Irregularity(
                "differs_from_score_midi", each.performance, "other bytes than the score MIDI of its name"
            )


def _label_keys(root: Path) -> Iterator[Irregularity]:
    """Keys that the second published label file lacks."""
    paths = (root / percepiano.PUBLISHED_MEANS, root / MERGED_MEANS)
    if not all(path.is_file() for path in paths):
        return
    full, merged = (json.loads(path.read_text(encoding="utf-8")) for path in paths)
    for key in sorted(set(full) - set(merged)):
        yield Irregularity("label_key_lacking", key, f"not in {MERGED_MEANS}, where it is merged into Score2")


def _other_bytes(root: Path) -> Iterator[Irregularity]:
    """Files that are there but are not those of the pinned commit."""
    for file, sha256 in published_files().items():
        if (root / file).is_file() and file_sha256(root / file) != sha256:
            yield Irregularity("other_bytes", file, "not the bytes of the pinned commit")
