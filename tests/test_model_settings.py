"""The settings of trained models: presets as they were, wrong values named before any work, no framework imported."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from percepiano_core.config import check_config
from percepiano_core.errors import UserError
from percepiano_core.symbolic.han.architecture import Architecture, Layers, Options
from percepiano_core.symbolic.han.settings import NoteNetworkSettings
from percepiano_core.symbolic.midibert.settings import BertSize
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.settings import built, named_files, presets_of, resolved, schema_of, setting

HAN, MIDIBERT = "symbolic.han.han", "symbolic.midibert.midibert"
NETWORK, WORDS = "dynamics.network.network_fold", "symbolic.midibert.pretraining"
MODULES = (HAN, "symbolic.han.bilstm", MIDIBERT, WORDS, NETWORK)
HEAVY = ("torch", "jax", "librosa", "sklearn", "partitura")


def settings_of(module: str) -> Any:
    return import_module(f"percepiano_core.{module}").Settings


@pytest.mark.parametrize("module", MODULES)
def test_settings_are_declared_where_no_framework_is_imported(module: str) -> None:
    code = f"import sys, percepiano_core.{module}; print(sorted({HEAVY!r} & sys.modules.keys()))".replace(
        repr(HEAVY), repr(set(HEAVY))
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("module", MODULES)
def test_defaults_are_valid_and_build_what_their_resolved_values_build(module: str) -> None:
    declaration = settings_of(module)
    values = resolved(declaration, {})
    check_config(values, schema_of(declaration))
    assert built(declaration, values) == built(declaration, {})
    assert resolved(declaration, values) == values


def test_the_presets_of_note_networks_are_valid_and_name_what_they_did() -> None:
    presets = presets_of(NoteNetworkSettings)
    for values in presets.values():
        check_config(values, schema_of(NoteNetworkSettings))
    found = {name: built(NoteNetworkSettings, {"preset": name}) for name in presets}
    assert {name: (each.feature_set, each.architecture.level) for name, each in found.items()} == {
        "bilstm": ("published9", "note"),
        "bilstm_sa": ("published101", "note"),
        "bilstm_sa_han": ("published101", "measure"),
        "han_voice": ("published101", "voice"),
        "han_beat": ("published101", "beat"),
        "han_total": ("published101", "total_note_cat"),
        "bilstm7": ("score79", "stack"),
        "bilstm7_beat": ("score79", "stack_beat"),
        "bilstm7_beat_measure": ("score79", "stack_beat_measure"),
        "han_replica": ("score79", "total_note_cat"),
        "bilstm_small": ("published9", "note"),
        "bilstm_sa_small": ("published101", "note"),
        "bilstm_sa_han_small": ("published101", "measure"),
    }
    for name, each in found.items():
        assert each.architecture.hidden == (64 if name.endswith("_small") else 256)
        assert (each.architecture.layers, each.architecture.heads, each.architecture.dropout) == (Layers(), 8, 0.2)
        assert each.architecture.options == Options() or name == "han_replica"
        assert each.recipe == built(Recipe, {"preset": "default"})


def test_the_published_size_is_that_of_a_bert_base() -> None:
    assert built(BertSize, {"preset": "published"}) == BertSize(768, 12, 12, 3072, 0.1, 128, 4, 256)
    assert [built(BertSize, {"preset": name}).hidden for name in presets_of(BertSize)] == [768, 256, 128]


def test_a_block_is_changed_within_its_preset_and_within_its_default() -> None:
    changes = {"preset": "bilstm_sa_small", "architecture": {"dropout": 0.0, "options": {"padding": "legacy"}}}
    found = built(NoteNetworkSettings, changes | {"recipe": {"epochs": 3}})
    assert found.architecture == Architecture("note", 64, dropout=0.0, options=Options(padding="legacy"))
    assert found.recipe == built(Recipe, {"preset": "default", "epochs": 3})
    published = built(NoteNetworkSettings, {"recipe": {"preset": "published", "epochs": 3}}).recipe
    assert published == built(Recipe, {"preset": "published", "epochs": 3})


def test_masked_pre_training_is_a_block_or_nothing() -> None:
    assert built(NoteNetworkSettings, {}).masked_notes is None
    found = built(NoteNetworkSettings, {"masked_notes": {"recipe": {"epochs": 25}}}).masked_notes
    assert found.notes is None
    assert found.recipe == built(Recipe, {"preset": "masked_pretraining", "epochs": 25})


def test_files_that_settings_name_are_found() -> None:
    masked = resolved(NoteNetworkSettings, {"masked_notes": {"notes": "results/pretrained/notes.h5"}})
    assert named_files(NoteNetworkSettings, masked) == ["results/pretrained/notes.h5"]
    midibert = settings_of(MIDIBERT)
    assert named_files(midibert, resolved(midibert, {"pretrained": "e.safetensors"})) == ["e.safetensors"]
    assert named_files(midibert, resolved(midibert, {})) == []


@pytest.mark.parametrize(
    ("module", "values", "named"),
    [
        (HAN, {"preset": "bilstn"}, "bilstn"),
        (HAN, {"recipe": {"preset": "quick"}}, "quick"),
        (HAN, {"recipe": {"epoch": 3}}, "epoch"),
        (HAN, {"recipe": {"batching": "sorted"}}, "sorted"),
        (HAN, {"standardise": "some"}, "some"),
        (HAN, {"feature_set": "published102"}, "published102"),
        (HAN, {"architecture": {"width": 3}}, "width"),
        (HAN, {"architecture": {"level": "phrase"}}, "phrase"),
        (HAN, {"architecture": {"options": {"pool": "mean"}}}, "mean"),
        (HAN, {"masked_notes": {"recipe": {"epoch": 3}}}, "epoch"),
        (HAN, {"size": 3}, "size"),
        (MIDIBERT, {"preset": "bilstm"}, "preset"),
        (MIDIBERT, {"size": {"preset": "huge"}}, "huge"),
        (MIDIBERT, {"masked_notes": {}}, "masked_notes"),  # it reads words, which are not notes of a score
        (WORDS, {"notes": 513}, "notes"),
        (NETWORK, {"tasks": ["dynamics"]}, "dynamics"),
        (NETWORK, {"input": "bssl"}, "input"),
        (NETWORK, {"recipe": {"segments_an_epoch": 3}}, "segments_an_epoch"),
    ],
)
def test_a_setting_that_does_not_exist_is_named(module: str, values: dict[str, Any], named: str) -> None:
    with pytest.raises(UserError, match=named):
        check_config(values, schema_of(settings_of(module)))


@dataclass(frozen=True)
class Base:
    depth: Recipe = setting({"preset": "default"}, "inherited")


@dataclass(frozen=True)
class Derived(Base):
    width: int = setting(3, "of its own", least=1)


def test_settings_are_inherited_in_the_order_of_their_declaration() -> None:
    assert list(schema_of(Derived)["properties"]) == ["depth", "width"]
    assert asdict(built(Derived, {"width": 4})) == {"depth": resolved(Recipe, {"preset": "default"}), "width": 4}


def test_a_preset_changes_the_code_of_no_other_run() -> None:
    from percepiano_core.digest import PACKAGE_ROOT, _named_data_files

    assert _named_data_files(PACKAGE_ROOT / "training" / "recipe.py") == []


class NotADataclass:
    rate: float = 1.0


@dataclass(frozen=True)
class BareField:
    rate: float = 1.0


@dataclass(frozen=True)
class UnknownType:
    when: bytes = setting(b"", "a type that YAML does not have")


@pytest.mark.parametrize(
    ("declaration", "words"), [(NotADataclass, "dataclass"), (BareField, "rate"), (UnknownType, "when")]
)
def test_a_wrong_declaration_is_named_in_one_line(declaration: type, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        schema_of(declaration)
    assert "\n" not in str(caught.value)


def test_a_file_of_presets_that_is_not_yaml_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "presets.yaml").write_text("x: {a: [\n")
    (tmp_path / "broken_presets.py").write_text("class Settings:\n    PRESETS = 'presets.yaml'\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r"presets\.yaml: line 2: not YAML") as caught:
        presets_of(import_module("broken_presets").Settings)
    assert "\n" not in str(caught.value)
