"""A wrong configuration stops the run with one line that names the key and the nearest known one."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from percepiano_core.config import check_config, fill_defaults, read_schema
from percepiano_core.errors import UserError
from percepiano_core.plan.models import model_modules
from percepiano_core.plan.reference import reference

REPOSITORY = Path(__file__).resolve().parent.parent
SCHEMA = read_schema(REPOSITORY / "rules/schemas/config.schema.yaml")
CONFIG = yaml.safe_load((REPOSITORY / "config.yaml").read_text())


def test_the_shipped_configuration_is_valid() -> None:
    check_config(CONFIG, SCHEMA)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"corprora": {}}, ["corprora", "did you mean 'corpora'"]),
        ({"splits": {"segment_drawz": [1]}}, ["splits.segment_drawz", "did you mean 'segment_draws'"]),
        ({"bootstrap": {"resamples": "many"}}, ["bootstrap.resamples", "'many'"]),
        ({"ratings": {"labels": ["public"]}}, ["ratings.labels.0", "'public'", "did you mean 'published'?"]),
        ({"splits": {"names": []}}, ["splits.names", "the list is empty"]),
        ({"ratings": None}, ["ratings: null is not a block"]),
        ({"device": 3}, ["device"]),
        ({"models": {"m": {"module": "a"}}}, ["models.m", "is missing"]),
    ],
)
def test_a_wrong_key_or_value_is_one_clear_line(change: dict, words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        check_config(deepcopy(CONFIG) | change, SCHEMA)
    line = str(caught.value)
    assert "\n" not in line
    assert all(word in line for word in words)


def test_defaults_stand_in_the_schema_alone() -> None:
    config = fill_defaults({"models": {"mean": {"title": "Mean", "module": "m", "inputs": "none"}}}, SCHEMA)
    assert config["splits"]["parameters"]["performer"]["test_indices"] == [1, 2]
    assert config["models"]["mean"]["seeds"] == [0]
    assert config["corpora"]["rated"]["reader"] == "percepiano"


def test_every_key_of_the_schema_is_described() -> None:
    def undescribed(part: dict, place: str) -> list[str]:
        missing = []
        if place and "description" not in part:
            missing.append(place)
        for key, child in part.get("properties", {}).items():
            missing += undescribed(child, f"{place}.{key}")
        return missing

    assert undescribed(SCHEMA, "") == []


def test_the_reference_is_in_step_with_the_declarations() -> None:
    """Write it anew with `make reference`."""
    assert (REPOSITORY / "docs" / "configuration.md").read_text() == reference(SCHEMA)


def test_the_reference_names_every_setting_of_every_module() -> None:
    page = reference(SCHEMA)
    assert all(f"`{name}`" in page for name in model_modules())
    for key in ("corpora.rated.root", "models.NAME.limits.NAME.seeds", "penalties", "learning_rate", "hidden"):
        assert f"| `{key}` |" in page, key
