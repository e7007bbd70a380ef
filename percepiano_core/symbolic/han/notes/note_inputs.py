"""From note-wise features of the store to what a staged model reads, normalised by the train role alone.

A vector a key ("pitch", "tempo") is left as it is. The published code standardises most, not all, of the other keys:
MIDI pitches, velocities and times enter raw (docs/features.md, "Sets"). `standardise="all"` brings
those to one scale too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.features.assembly import NoteTable, feature_set
from percepiano_core.features.feature_sets import FEATURE_SETS, KEY_WIDTHS, NORMALISED_KEYS, set_width
from percepiano_core.features.statistics import FeatureStatistics, fit_statistics, normalise
from percepiano_core.perception.examples import Examples
from percepiano_core.perception.preparation import Preparation, prepare
from percepiano_core.symbolic.han.notes.note_sequences import NoteSequence, note_sequence
from percepiano_core.symbolic.networks.network import Notes

CUTS = {"published": float("inf"), "all": 8.0}  # standard deviations: one broken note must not rule a sequence


@dataclass(frozen=True, eq=False)
class NoteInputs:
    """How notes become numbers.

    Attributes
    ----------
    feature_set : its name
    statistics : of the train role
    cut : standard deviations at which a standardised value is cut
    descriptors : how descriptors are made ready; None where none are read
    descriptor_names : names of its columns [d], by which they are found among those of any examples
    """

    feature_set: str
    statistics: FeatureStatistics
    cut: float
    descriptors: Preparation | None
    descriptor_names: tuple[str, ...] = ()

    def encode(self, examples: Examples, notes: Notes) -> list[NoteSequence]:
        """One sequence an example; every example has notes."""
        names = examples.performances.tolist()
        beside = self._descriptors(examples)
        return [self._sequence(name, notes[name], row) for name, row in zip(names, beside, strict=True)]

    def of_notes_alone(self, name: str, table: NoteTable) -> NoteSequence:
        """The sequence of a performance without descriptors, with zeros in their place."""
        return self._sequence(name, table, np.zeros(self.descriptor_width))

    @property
    def width(self) -> int:
        """Columns of the features of a note."""
        return set_width(self.feature_set)

    @property
    def descriptor_width(self) -> int:
        """Columns of descriptors beside the notes."""
        return 0 if self.descriptors is None else len(self.descriptors.centre)

    def _descriptors(self, examples: Examples) -> np.ndarray:
        if self.descriptors is None:
            return np.empty((len(examples), 0))
        columns = _columns_named(examples.feature_names, self.descriptor_names)
        return replace(self.descriptors, columns=columns).standardised(examples)

    def _sequence(self, name: str, table: NoteTable, descriptors: np.ndarray) -> NoteSequence:
        scaled = {key: np.clip(value, -self.cut, self.cut) for key, value in self._scaled(table).items()}
        matrix = feature_set(replace(table, values={**table.values, **scaled}), self.feature_set).filled()
        places = table.locations
        return note_sequence(name, matrix, places["beat"], places["measure"], places["voice"], descriptors)

    def _scaled(self, table: NoteTable) -> Mapping[str, np.ndarray]:
        return normalise({key: table.values[key] for key in self.statistics.mean}, self.statistics)

    def description(self) -> dict[str, Any]:
        """JSON values that `described_inputs` makes the same inputs from."""
        prepared = None
        if self.descriptors is not None:
            numbers = {key: value.tolist() for key, value in vars(self.descriptors).items() if key != "columns"}
            prepared = {"names": list(self.descriptor_names), **numbers}
        return {
            "feature_set": self.feature_set,
            "statistics": asdict(self.statistics),
            "cut": self.cut,
            "descriptors": prepared,
        }


def fit_inputs(
    train: Examples, notes: Notes, feature_set: str, standardise: str, descriptors: str | None
) -> NoteInputs:
    """Fit on the train role; `standardise` is "published" or "all", `descriptors` a set of descriptors or None."""
    if standardise not in CUTS:
        raise UserError(f"standardise {standardise}", "there is no such way", f"choose one of {', '.join(CUTS)}")
    tables = [notes[name] for name in train.performances.tolist()]
    keys = [key for key in FEATURE_SETS[feature_set] if key in NORMALISED_KEYS or standardise == "all"]
    statistics = fit_statistics(
        ((table.values, table.masks) for table in tables), sorted(key for key in keys if KEY_WIDTHS[key] == 1)
    )
    if not descriptors:
        return NoteInputs(feature_set, statistics, CUTS[standardise], None)
    prepared = prepare(train, descriptors)
    names = tuple(train.feature_names[column] for column in prepared.columns.tolist())
    return NoteInputs(feature_set, statistics, CUTS[standardise], prepared, names)


def described_inputs(description: Mapping[str, Any]) -> NoteInputs:
    """What `NoteInputs.description` described."""
    read = description["feature_set"], FeatureStatistics(**description["statistics"]), description["cut"]
    prepared = description["descriptors"]
    if prepared is None:
        return NoteInputs(*read, None)
    names = tuple(prepared["names"])
    return NoteInputs(*read, _described_preparation(prepared, len(names)), names)


def _described_preparation(values: Mapping[str, list[Any]], columns: int) -> Preparation:
    return Preparation(
        columns=np.arange(columns),
        gap_columns=np.array(values["gap_columns"], dtype=int),
        **{key: np.array(values[key], dtype=float) for key in ("filling", "centre", "scale")},
    )


def _columns_named(names: tuple[str, ...], wanted: tuple[str, ...]) -> np.ndarray:
    """Columns [d] of the wanted names; UserError for one that is not there."""
    place = {name: column for column, name in enumerate(names)}
    missing = [name for name in wanted if name not in place]
    if missing:
        problem = f"the network reads {missing[0]}, which is not among them"
        raise UserError("descriptors", problem, "train the network again with the descriptors of this version")
    return np.array([place[name] for name in wanted], dtype=int)
