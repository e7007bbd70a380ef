"""The one place where training meets PyTorch: modules and optimisers as named arrays, and steps by a recipe."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from percepiano_core.errors import UserError
from percepiano_core.training.loop import WEIGHTS
from percepiano_core.training.named_arrays import below, prefixed
from percepiano_core.training.recipe import Recipe, learning_rate_factor
from percepiano_core.training.run import TrainingRun

OPTIMISERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
OPTIMISER, RATES = "optimiser/", "rates"
WRAPPERS = ("state_dict", "model")  # keys under which training scripts keep the weights
PARALLEL_PREFIX = "module."  # DataParallel's, before the names of a state dict


def device_of(run: TrainingRun) -> torch.device:
    """The device of a training; its threads are set too, for numbers depend on how many add them up.

    UserError for a GPU that this machine, or this PyTorch, does not have.
    """
    if run.device == "gpu" and not torch.cuda.is_available():
        raise UserError("device: gpu", "PyTorch sees no GPU here", "set `device: cpu`, or run where there is one")
    if run.threads is not None:
        torch.set_num_threads(run.threads)
    return torch.device("cuda" if run.device == "gpu" else run.device)


class Learner:
    """A module and its optimiser, stepped by a recipe: what every task of this framework has.

    groups : parameters by learning rate, as the optimiser takes them; None: all at the recipe's
    fused : one kernel for all parameters, which rounds differently
    """

    def __init__(
        self, module: nn.Module, recipe: Recipe, groups: Sequence[Mapping[str, Any]] | None = None, fused: bool = True
    ) -> None:
        self.module, self.recipe = module, recipe
        every = [{"params": list(module.parameters()), "lr": recipe.learning_rate}]
        self.optimiser = make_optimiser(recipe, every if groups is None else groups, fused)
        self.rates = [group["lr"] for group in self.optimiser.param_groups]

    def set_rates(self, iteration: int, iterations_an_epoch: int) -> None:
        """The learning rates that the recipe has for an iteration, counted from 0 through all epochs."""
        factor = learning_rate_factor(self.recipe, iteration, iterations_an_epoch)
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor

    def step(self, loss: Tensor) -> None:
        """One step down the gradient of a loss."""
        self.optimiser.zero_grad()
        loss.backward()
        if self.recipe.clip:
            clip_grad_norm_(self.module.parameters(), self.recipe.clip)
        self.optimiser.step()

    def arrays(self) -> dict[str, np.ndarray]:
        """Copies of the weights and the optimiser's state, as the loop keeps them."""
        kept = prefixed(module_arrays(self.module), WEIGHTS)
        return kept | prefixed(optimiser_arrays(self.optimiser), OPTIMISER)

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put in place what `arrays` gave, or the weights among it alone."""
        load_module(self.module, below(arrays, WEIGHTS))
        state = below(arrays, OPTIMISER)
        if state:
            load_optimiser(self.optimiser, state)


def make_optimiser(recipe: Recipe, groups: Sequence[Mapping[str, Any]], fused: bool = True) -> torch.optim.Optimizer:
    """The recipe's optimiser of groups of parameters, each with its learning rate."""
    return OPTIMISERS[recipe.optimiser](
        [dict(group) for group in groups],
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        fused=fused or None,
    )


def module_arrays(module: nn.Module) -> dict[str, np.ndarray]:
    """Copies of a module's parameters and buffers by name."""
    return arrays_of(module.state_dict())


def arrays_of(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Copies of tensors as arrays."""
    return {name: value.detach().cpu().numpy().copy() for name, value in tensors.items()}


def tensors_of(arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """Copies of arrays as tensors."""
    return {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}


def load_module(module: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Give a module its parameters and buffers; RuntimeError unless names and shapes are its own."""
    module.load_state_dict(tensors_of(arrays))


def optimiser_arrays(optimiser: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """The state of an optimiser, step counters included, as "{parameter}/{name}"; and the rates of its groups."""
    state = optimiser.state_dict()
    values = {f"{i}/{name}": value for i, held in state["state"].items() for name, value in held.items()}
    rates = np.array([group["lr"] for group in state["param_groups"]], dtype=np.float64)
    return arrays_of(values) | {RATES: rates}


def load_optimiser(optimiser: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray]) -> None:
    """Give an optimiser of the same groups the state that `optimiser_arrays` gave."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors_of({name: each for name, each in arrays.items() if name != RATES}).items():
        parameter, _, kind = name.partition("/")
        state.setdefault(int(parameter), {})[kind] = value
    groups = optimiser.state_dict()["param_groups"]
    for group, rate in zip(groups, arrays[RATES].tolist(), strict=True):
        group["lr"] = rate
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def read_state_dict(path: Path | str) -> dict[str, Tensor]:
    """The state dict in a file that others published, by itself or beside numbers.

    A pickle can run code when it is read, so only tensors in plain containers are accepted (`weights_only`); UserError
    if the file holds anything else.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        remedy = "where it comes from, save its state dict alone with torch.save, or convert it to safetensors"
        raise UserError(path, f"holds more than tensors, or cannot be read ({_first_line(error)})", remedy) from None
    for wrapper in WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise UserError(path, "holds no table of tensors", "give a file with the state dict of a model")
    return content


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
