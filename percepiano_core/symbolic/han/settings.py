"""Settings of the networks that read the features of notes: what they read, what they are made of, how they learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from percepiano_core.features.feature_sets import FEATURE_SETS
from percepiano_core.perception.examples import JOINED_SETS
from percepiano_core.symbolic.han.architecture import Architecture
from percepiano_core.symbolic.networks.settings import RatingNetworkSettings
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.settings import check_choices, setting


@dataclass(frozen=True)
class MaskedNotes:
    """Masked-note pre-training: before ratings, the note stage learns to predict masked notes from their neighbours."""

    recipe: Recipe = setting({"preset": "masked_pretraining"}, "how it is pre-trained")
    notes: str | None = setting(
        None, "file of notes of unlabelled performances, trained on beside those of the train role", file=True
    )


@dataclass(frozen=True)
class NoteNetworkSettings(RatingNetworkSettings):
    """Settings of a note network."""

    PRESETS: ClassVar[str] = "presets.yaml"

    feature_set: str = setting("published101", "features of a note that it reads", choices=tuple(FEATURE_SETS))
    architecture: Architecture = setting(Architecture, "what it is made of")
    standardise: str = setting(
        "published",
        "published: the features that the released code standardises by the train role; all: every scalar feature, "
        "cut at 8 standard deviations",
        choices=("published", "all"),
    )
    descriptors: str | None = setting(
        None,
        "sets of descriptors that the head reads beside the notes, as raw+aligned; null: none",
        pattern=JOINED_SETS,
    )
    masked_notes: MaskedNotes | None = setting(None, "masked-note pre-training before ratings; null: none")

    def __post_init__(self) -> None:
        check_choices(self)


def conflict(settings: Mapping[str, Any], inputs: str) -> str:
    """What of the settings does not go with the inputs that the model is given; "" where all does."""
    if settings["descriptors"] and "descriptors" not in inputs:
        return f"descriptors: {settings['descriptors']} needs the inputs notes+descriptors"
    if not settings["descriptors"] and "descriptors" in inputs:
        return "the inputs notes+descriptors need a setting `descriptors`"
    return ""
