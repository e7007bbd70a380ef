"""What fitted and combined models of dynamics can be told: declared once, checked before any work, light to read."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import jsonschema
import pytest

from percepiano_core.dynamics.beat_models import baselines, beat_models
from percepiano_core.dynamics.predictions import combination
from percepiano_core.training.settings import built, resolved, schema_of

MODULES = {module.__name__: module for module in (baselines, beat_models, combination)}
REQUIRED = {combination.__name__: {"members": ["a", "b"]}}
DEFAULTS: dict[str, dict[str, Any]] = {
    baselines.__name__: {
        "baseline": "constant",
        "period": 24,
        "penalties": [2.0, 5.0, 10.0, 20.0, 40.0],
        "tightness": 20.0,
    },
    beat_models.__name__: {
        "recordings": 6,
        "levels": ["trees"],
        "level_places": False,
        "level_trees": {"max_leaf_nodes": 6, "learning_rate": 0.06, "max_iter": 60, "l2_regularization": 30.0},
        "level_beats": 500,
        "penalty": 300.0,
        "logit_adjustment": 0.0,
        "change_point_places": True,
        "change_point_trees": {"max_leaf_nodes": 15, "learning_rate": 0.06, "max_iter": 150, "l2_regularization": 10.0},
        "change_point_beats": 200,
        "features_a_split": 0.3,
    },
    combination.__name__: {"members": ["a", "b"], "logit_adjustments": [0.0], "choose_by": "weighted", "pooled": False},
}
HEAVY = {"torch", "jax", "librosa", "sklearn", "ruptures", "mir_eval", "scipy.stats", "scipy.fft"}
WRONG = [
    (baselines, {"baseline": "guess"}),
    (baselines, {"period": 0}),
    (baselines, {"input": "curves8"}),
    (beat_models, {"levels": ["forest"]}),
    (beat_models, {"features_a_split": 1.5}),
    (beat_models, {"level_trees": {"leaves": 3}}),
    (beat_models, {"prior_exponent": 0.5}),
    (combination, {"members": ["a"], "choose_by": "micro"}),
    (combination, {"member": ["a"]}),
]


@pytest.mark.parametrize("name", MODULES)
def test_defaults_are_those_of_the_published_tables(name: str) -> None:
    values = resolved(MODULES[name].Settings, REQUIRED.get(name, {}))
    assert values == DEFAULTS[name]
    jsonschema.validate(values, schema_of(MODULES[name].Settings))
    assert resolved(MODULES[name].Settings, values) == values
    built(MODULES[name].Settings, values)


@pytest.mark.parametrize("module, settings", WRONG, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_wrong_settings_are_refused_by_the_schema(module: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(settings, schema_of(module.Settings))


def test_a_part_of_the_trees_settings_keeps_the_other_defaults() -> None:
    trees = built(beat_models.Settings, {"change_point_trees": {"max_iter": 10}}).change_point_trees
    assert (trees.max_iter, trees.max_leaf_nodes, trees.l2_regularization) == (10, 15, 10.0)


@pytest.mark.parametrize("name", MODULES)
def test_reading_the_settings_imports_no_library_of_models(name: str) -> None:
    code = f"import sys, {name}; print(sorted({HEAVY} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
