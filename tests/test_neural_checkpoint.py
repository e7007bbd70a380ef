"""Published checkpoints load under their own names, whole or not at all, and no pickle runs code."""

from dataclasses import dataclass

import pytest
import torch

from percepiano_core.errors import UserError
from percepiano_core.symbolic.han.architecture import LEVELS, Architecture, Options
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.published.checkpoint import load_published, published_names

WIDTH = 9
SIZES = {"hidden": 8}
PUBLISHED_LEVELS = [level for level in LEVELS if not level.startswith("stack_")]
DEAD = {
    "score_encoder.voice_net.weight_ih_l0": (32, 8),
    "performance_encoder.performance_contractor.weight": (16, 64),
    "performance_encoder.performance_final_attention.context_vector": (8, 2, 1),
}


@dataclass
class Settings:
    """Like the settings objects in the published files."""

    epochs: int = 3


def _state(level):
    """A published state dict and the model that it should become."""
    torch.manual_seed(3)
    model = HierarchicalModel(WIDTH, Architecture(level, **SIZES))
    ours = model.state_dict()
    return {name: ours[mine] for name, mine in published_names(WIDTH, model.architecture).items()}, model


@pytest.mark.parametrize("level", PUBLISHED_LEVELS)
@pytest.mark.parametrize("form", ["bare", "model", "state_dict", "parallel"])
def test_published_names_load_into_our_model(tmp_path, level, form):
    state, model = _state(level)
    content = {f"module.{k}": v for k, v in state.items()} if form == "parallel" else state
    torch.save({form: content, "epoch": 4} if form in ("model", "state_dict") else content, tmp_path / "best.pt")
    loaded = load_published(tmp_path / "best.pt", WIDTH, model.architecture)
    other = HierarchicalModel(WIDTH, model.architecture)
    other.load_state_dict(loaded)
    for name, value in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


def test_what_the_published_class_builds_in_vain_is_left_out(tmp_path):
    state, model = _state("note")
    torch.save(state | {name: torch.zeros(shape) for name, shape in DEAD.items()}, tmp_path / "best.pt")
    assert load_published(tmp_path / "best.pt", WIDTH, model.architecture).keys() == model.state_dict().keys()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"out_fc.1.weight": None}, "lacks out_fc.1.weight"),
        ({"surprise": torch.zeros(1)}, "has surprise"),
        ({"note_embedder.fc.weight": torch.zeros(8, 101)}, "not \\[8, 9\\]"),
    ],
)
def test_a_mismatch_is_refused(tmp_path, change, problem):
    state, model = _state("measure")
    torch.save({k: v for k, v in {**state, **change}.items() if v is not None}, tmp_path / "best.pt")
    with pytest.raises(UserError, match=problem):
        load_published(tmp_path / "best.pt", WIDTH, model.architecture)


@pytest.mark.parametrize("content", [{"model": {}, "args": Settings()}, [1, 2], {"epoch": 3}])
def test_files_that_are_not_tensors_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "best.pt")
    with pytest.raises(UserError, match="tensors"):
        load_published(tmp_path / "best.pt", WIDTH, Architecture("note", **SIZES))


def test_broken_and_absent_files_are_refused(tmp_path):
    (tmp_path / "best.pt").write_bytes(b"no weights")
    for name in ("best.pt", "absent.pt"):
        with pytest.raises(UserError, match=name):
            load_published(tmp_path / name, WIDTH, Architecture("note", **SIZES))


def test_levels_and_options_without_a_published_checkpoint_are_named():
    with pytest.raises(UserError, match="stack_beat"):
        published_names(WIDTH, Architecture("stack_beat", **SIZES))
    with pytest.raises(UserError, match="norm_rows"):
        published_names(WIDTH, Architecture("note", **SIZES, options=Options(norm_after_encoder=True)))
