"""What the dynamics table says a model hears follows from its inputs."""

from __future__ import annotations

import pytest

from percepiano_core.errors import UserError
from percepiano_core.evaluation.dynamics.heard import Heard, heard

INPUTS = {
    "constant": "beats",
    "trees": "curves8+beats",
    "network": "curves8",
    "bark": "bssl",
    "mel": "logmel",
    "velocity": "velocity+beats",
    "listener": "sound",
    "average": "predictions",
    "pooled": "predictions",
    "networks": "predictions",
    "of_averages": "predictions",
}
SETTINGS = {
    "average": {"members": ["trees", "network"]},
    "pooled": {"members": ["trees"], "pooled": True},
    "networks": {"members": ["network", "bark"]},
    "of_averages": {"members": ["average", "velocity"]},
}


@pytest.mark.parametrize(
    ("model", "hears", "oracle_beats"),
    [
        ("constant", "nothing", True),
        ("trees", "loudness", True),
        ("network", "loudness", False),
        ("bark", "Bark bands", False),
        ("mel", "mel bands", False),
        ("velocity", "velocities", True),
        ("listener", "sound", False),
        ("average", "loudness", True),
        ("pooled", "loudness of several recordings", True),
        ("networks", "loudness, Bark bands", False),
        ("of_averages", "loudness, velocities", True),
    ],
)
def test_a_model_hears_its_inputs_and_a_combination_those_of_its_members(model, hears, oracle_beats) -> None:
    assert heard(model, INPUTS, SETTINGS) == Heard(hears, oracle_beats)


def test_a_member_without_a_row_is_named() -> None:
    with pytest.raises(UserError, match="model tcn: is a member of a combination but has no row"):
        heard("average", INPUTS, {"average": {"members": ["tcn"]}})
