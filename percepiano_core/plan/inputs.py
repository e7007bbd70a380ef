"""What a model's job reads, by what its entry says that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from percepiano_core.plan.models import Model
from percepiano_core.plan.runs import PREDICTION_FILES, Run
from percepiano_core.plan.spectrograms import HEARD_INPUTS, Spectrograms
from percepiano_core.plan.tracks import Track
from percepiano_core.plan.transcriptions import DESCRIPTORS as TRANSCRIBED
from percepiano_core.plan.transcriptions import TRANSCRIPTION

GIVEN = {
    "descriptors": "results/features/descriptors.csv",
    "notes": "results/notes/notes.h5",
    "performed": "results/notes/performed.h5",
}
"""Input of a model of ratings -> its file. A model that is given none of them never waits for, or depends on, any."""


def of_ratings(labels: str, split: str, model: Model, heard: Spectrograms) -> dict[str, Any]:
    """Who plays what, how it was rated, who is in which role, and what the model is given of it."""
    files: dict[str, Any] = {
        "performances": "results/corpus/performances.csv",
        "labels": f"results/ratings/labels_{labels}.csv",
        "split": f"results/splits/{split}.json",
    }
    files |= {kind: GIVEN[kind] for kind in model.input_kinds if kind in GIVEN}
    if "descriptors" in model.input_kinds and model.learned_on == TRANSCRIPTION:
        files["descriptors"] = TRANSCRIBED
    elif "descriptors" in model.input_kinds and model.tested_on == TRANSCRIPTION:
        files["tested_descriptors"] = TRANSCRIBED
    if set(HEARD_INPUTS) & set(model.input_kinds):
        files |= heard.given(model)
    return files | _files(model)


def of_recordings(track: Track, model: Model) -> dict[str, Any]:
    """The recordings of a track, and which of them are in which role."""
    return {"examples": track.examples, "folds": f"results/dynamics/{track.name}/folds.json"} | _files(model)


def of_members(runs: Sequence[Run], problem: str) -> dict[str, Any]:
    """The predictions of other models' runs, whose folders hold those of both roles."""
    return {
        name: [f"{run.folder}/{file}" for run in runs]
        for name, file in {**PREDICTION_FILES[problem], "runs": "run.json"}.items()
    }


def _files(model: Model) -> dict[str, Any]:
    return {"named": list(model.files)} if model.files else {}
