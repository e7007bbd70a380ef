"""Settings: declared once, checked, resolved from presets and defaults, built into objects."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from percepiano_core.config import check_config
from percepiano_core.errors import UserError
from percepiano_core.training.settings import (
    REQUIRED,
    built,
    merged,
    named_files,
    presets_of,
    resolved,
    schema_of,
    setting,
)


@dataclass(frozen=True)
class Plan:
    """A block with presets."""

    PRESETS: ClassVar[str] = "settings_presets.yaml"

    epochs: int = setting(3, "epochs", least=1)
    rate: float = setting(0.1, "rate", unit="a step", above=0)


@dataclass(frozen=True)
class Settings:
    """What a module declares."""

    members: list[str] = setting(REQUIRED, "names")
    size: str = setting("tiny", "size", choices=("tiny", "base"))
    plan: Plan = setting({"preset": "short"}, "how long")
    before: Plan | None = setting(None, "a plan before, or null")
    start: str | None = setting(None, "weights to start from", file=True)


@pytest.fixture(autouse=True)
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of presets beside the module of the declarations."""
    (tmp_path / "settings_presets.yaml").write_text("short: {epochs: 1}\nlong: {epochs: 100, rate: 0.5}\n")
    monkeypatch.setattr(sys.modules[__name__], "__file__", str(tmp_path / "module.py"))
    presets_of.cache_clear()
    schema_of.cache_clear()


def test_presets_and_defaults_become_values_and_what_is_said_wins() -> None:
    values = resolved(Settings, {"members": ["a"], "plan": {"rate": 0.2}, "before": {"preset": "long", "epochs": 7}})
    assert values["plan"] == {"epochs": 1, "rate": 0.2}
    assert values["before"] == {"epochs": 7, "rate": 0.5}
    assert (values["size"], values["start"]) == ("tiny", None)


def test_resolving_twice_changes_nothing() -> None:
    values = resolved(Settings, {"members": ["a"], "before": {"preset": "long"}})
    assert resolved(Settings, values) == values


def test_an_object_holds_its_blocks_as_objects() -> None:
    made = built(Settings, {"members": ["a"], "before": {}})
    assert made.plan == Plan(epochs=1, rate=0.1) and made.before == Plan(epochs=3, rate=0.1)


def test_a_preset_that_is_added_changes_no_resolved_value(tmp_path: Path) -> None:
    before = resolved(Settings, {"members": ["a"]})
    with (tmp_path / "settings_presets.yaml").open("a") as file:
        file.write("other: {epochs: 9}\n")
    presets_of.cache_clear()
    assert resolved(Settings, {"members": ["a"]}) == before


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"members": ["a"], "sise": "tiny"}, ["models.m.settings.sise", "did you mean 'size'?"]),
        ({"members": ["a"], "size": "tini"}, ["models.m.settings.size", "'tini'", "did you mean 'tiny'?"]),
        ({"members": ["a"], "plan": {"preset": "shorter"}}, ["plan.preset", "did you mean 'short'?"]),
        ({"members": ["a"], "plan": {"epochs": 0}}, ["plan.epochs", "minimum of 1", "it is: epochs"]),
        ({"members": ["a"], "plan": {"rate": 0}}, ["plan.rate", "it is: rate (a step)"]),
        ({"members": "a"}, ["settings.members: 'a' is not a list"]),
        ({"members": []}, ["settings.members", "the list is empty", "it is: names"]),
        ({"members": [3]}, ["settings.members.0: 3 is not text (put it in quotes)", "it is: names"]),
        ({"members": ["a"], "plan": {"rate": float("nan")}}, ["plan.rate", "nan"]),
        ({"members": ["a"], 3: 4}, ["the key 3 is not text"]),
        ({}, ["members is missing"]),
    ],
)
def test_a_wrong_setting_is_one_line_that_says_what_is_right(values: dict, words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        check_config(values, schema_of(Settings), "models.m.settings")
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_null_is_a_value_where_the_declaration_allows_it() -> None:
    check_config({"members": ["a"], "before": None, "start": None}, schema_of(Settings))
    with pytest.raises(UserError, match="plan"):
        check_config({"members": ["a"], "plan": None}, schema_of(Settings))


def test_files_that_settings_name_are_found() -> None:
    assert named_files(Settings, resolved(Settings, {"members": []})) == []
    assert named_files(Settings, resolved(Settings, {"members": [], "start": "w"})) == ["w"]


def test_merging_touches_neither_side() -> None:
    base, changes = {"a": {"b": [1], "c": 2}}, {"a": {"b": [3]}}
    assert merged(base, changes) == {"a": {"b": [3], "c": 2}}
    assert base == {"a": {"b": [1], "c": 2}} and changes == {"a": {"b": [3]}}
