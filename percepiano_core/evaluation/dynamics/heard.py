"""What a dynamics model hears, in words, and whether it is given the beats: both follow from its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from percepiano_core.errors import UserError

ORACLE_BEATS, PREDICTIONS = "beats", "predictions"  # among the inputs of a model; the latter of a combination
WORDS = {
    "curves8": "loudness",
    "bssl": "Bark bands",
    "logmel": "mel bands",
    "velocity": "velocities",
}  # a kind that is not named here is called by its name
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model hears, and whether it is given the true beats (oracle beats)."""

    hears: str
    oracle_beats: bool


def heard(model: str, inputs: Mapping[str, str], settings: Mapping[str, Mapping[str, Any]]) -> Heard:
    """What a model of a track hears.

    inputs : model -> its inputs, as "curves8+beats"; settings : combination -> its settings, among them `members`

    A combination hears what its members hear, of several recordings if it is `pooled` over those of a piece. UserError
    for a member that the table does not have.
    """
    kinds = list(dict.fromkeys(_kinds(model, inputs, settings)))
    words = ", ".join(WORDS.get(kind, kind) for kind in kinds if kind != ORACLE_BEATS) or NOTHING
    pooled = settings.get(model, {}).get("pooled", False)
    return Heard(f"{words} of several recordings" if pooled else words, ORACLE_BEATS in kinds)


def _kinds(model: str, inputs: Mapping[str, str], settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    if model not in inputs:
        raise UserError(f"model {model}", "is a member of a combination but has no row", "run it on the same track")
    if inputs[model] != PREDICTIONS:
        return inputs[model].split("+")
    members = settings.get(model, {}).get("members", ())
    return [kind for member in members for kind in _kinds(member, inputs, settings)]
