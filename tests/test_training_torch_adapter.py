"""PyTorch modules and optimisers come back from named arrays exactly, step counters included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the torch extra")

import torch
from torch import Tensor, nn

from percepiano_core.training.named_arrays import read_arrays, write_arrays
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.torch_adapter import Learner, load_module, module_arrays


def module() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))


def learner(made: nn.Module, fused: bool = True, **recipe: object) -> Learner:
    layers = list(made.children())
    groups = [{"params": list(layers[0].parameters()), "lr": 0.01}]
    groups.append({"params": [p for layer in layers[1:] for p in layer.parameters()], "lr": 0.1})
    return Learner(made, Recipe(learning_rate=0.01, **recipe), groups, fused)


def step(made: nn.Module, learning: Learner, number: int) -> Tensor:
    torch.manual_seed(number)
    learning.set_rates(number, 4)
    loss = made(torch.randn(8, 3)).square().mean()
    learning.step(loss)
    return loss.detach()


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("optimiser", ["adam", "adamw"])
def test_a_training_goes_on_from_its_arrays_as_if_nothing_had_been(fused: bool, optimiser: str, tmp_path: Path) -> None:
    made = module()
    learning = learner(made, fused, optimiser=optimiser, clip=0.1)
    for number in range(3):
        step(made, learning, number)
    write_arrays(tmp_path / "c", learning.arrays(), {})
    expected = [step(made, learning, number) for number in range(3, 6)]

    other = module()
    resumed = learner(other, fused, optimiser=optimiser, clip=0.1)
    resumed.load(read_arrays(tmp_path / "c", "a checkpoint", "")[0])
    assert [float(state["step"]) for state in resumed.optimiser.state.values()] == [3.0] * 6
    assert [group["lr"] for group in resumed.optimiser.param_groups] != resumed.rates
    assert [step(other, resumed, number) for number in range(3, 6)] == expected
    for name, value in made.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


def test_the_arrays_are_copies() -> None:
    made = module()
    learning = learner(made)
    step(made, learning, 0)
    before = learning.arrays()
    copies = {name: value.copy() for name, value in before.items()}
    step(made, learning, 1)
    for name, value in before.items():
        np.testing.assert_array_equal(value, copies[name])


def test_weights_alone_are_put_in_place_too() -> None:
    made, other = module(), module()
    learning = learner(other)
    step(other, learning, 0)
    learning.load({f"weights/{name}": value for name, value in module_arrays(made).items()})
    assert all(torch.equal(value, made.state_dict()[name]) for name, value in other.state_dict().items())
    assert len(learning.optimiser.state) == 6


def test_weights_of_another_module_are_refused() -> None:
    with pytest.raises(RuntimeError, match="Missing key"):
        load_module(module(), module_arrays(nn.Linear(1, 1)))


def test_rates_follow_the_schedule_in_every_group() -> None:
    learning = learner(module(), schedule="steps", decay=0.5, decay_every=2, decay_unit="step")
    learning.set_rates(4, 10)
    assert [group["lr"] for group in learning.optimiser.param_groups] == [0.0025, 0.025]


def test_gradients_are_clipped_only_if_the_recipe_says_so() -> None:
    for clip, norm in ((0.001, 0.001), (0.0, None)):
        made = module()
        step(made, learner(made, clip=clip), 0)
        found = torch.cat([parameter.grad.flatten() for parameter in made.parameters()]).norm().item()
        assert found == pytest.approx(norm, rel=1e-3) if norm else found > 0.01
