"""How a network is trained: plain values, as published or sized for a CPU.

Source: percepiano-models.md, section 4 (published values) and section 9 (what they cost).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import cos, pi
from typing import Any

from percepiano_core.errors import UserError


@dataclass(frozen=True)
class Recipe:
    """A training run; the defaults are the published ones.

    Attributes
    ----------
    optimiser : "adam" (weight decay as L2 in the gradient) or "adamw"
    learning_rate : of the first iteration
    decay, decay_every : the rate is multiplied by `decay` every `decay_every` iterations
    schedule : "steps" (decay), or "cosine": from the rate to 0 over all epochs, after a warm-up over the first one
    clip : L2 norm above which the gradient is scaled down; 0 for none
    batch_size, batching : performances a step; "shuffled" as published, "bucketed" by length
    epochs, patience : at most, and epochs without a better valid score after which training ends (0: never)
    select_on : valid score by which the best epoch is kept: "loss" or "r2"
    slice_notes : a performance of more notes is cut into slices of about as many, anew at each epoch (slicing.py)
    rater_weight : power of the number of raters by which a performance counts in the loss; 0 counts all alike
    pair_weight : of the error of differences between performances of one segment in a batch (pairs.py)
    """

    optimiser: str = "adam"
    learning_rate: float = 2.5e-5
    weight_decay: float = 1e-5
    decay: float = 0.98
    decay_every: int = 3000
    schedule: str = "steps"
    clip: float = 2.0
    batch_size: int = 8
    batching: str = "shuffled"
    epochs: int = 100
    patience: int = 0
    select_on: str = "loss"
    slice_notes: int = 5000
    rater_weight: float = 0.0
    pair_weight: float = 0.0

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                problem = f"there is no {getattr(self, name)!r}"
                raise UserError(f"recipe {name}", problem, f"choose one of {', '.join(choices)}")


CHOICES: dict[str, tuple[str, ...]] = {
    "optimiser": ("adam", "adamw"),
    "schedule": ("steps", "cosine"),
    "batching": ("shuffled", "bucketed"),
    "select_on": ("loss", "r2"),
}

RECIPES: dict[str, Recipe] = {
    "published": Recipe(),
    "default": Recipe(
        learning_rate=1e-3,
        schedule="cosine",
        batch_size=16,
        batching="bucketed",
        epochs=20,
        patience=6,
        select_on="loss",
    ),
}
"""`default` is what a CPU trains in minutes a fold."""


def recipe(name: str, changes: Mapping[str, Any]) -> Recipe:
    """The recipe of this name with `changes`; UserError if there is no such recipe or value."""
    if name not in RECIPES:
        raise UserError(f"recipe {name}", "there is none of this name", f"choose one of {', '.join(RECIPES)}")
    unknown = sorted(changes.keys() - {each.name for each in fields(Recipe)})
    if unknown:
        known = ", ".join(each.name for each in fields(Recipe))
        raise UserError(f"recipe {name}", f"it has no value {unknown[0]!r}", f"change one of {known}")
    return replace(RECIPES[name], **changes)


def learning_rate_factor(plan: Recipe, iteration: int, per_epoch: int) -> float:
    """What the learning rate is multiplied by at `iteration` (from 0), with `per_epoch` iterations an epoch."""
    if plan.schedule == "steps":
        return plan.decay ** (iteration // plan.decay_every)
    if iteration < per_epoch:
        return (iteration + 1) / per_epoch
    done = (iteration - per_epoch) / max(1, per_epoch * (plan.epochs - 1))
    return 0.5 * (1 + cos(pi * min(1.0, done)))
