"""How a network of any system is trained: optimiser, schedule, batches, epochs, and how validation chooses among them.

What concerns the model rather than the optimiser (how long sequences are cut, what a loss is made of) is a setting of
the model. Presets, and where they come from: recipes.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import ClassVar

from percepiano_core.training.settings import check_choices, setting


@dataclass(frozen=True)
class Recipe:
    """A training run."""

    PRESETS: ClassVar[str] = "recipes.yaml"

    optimiser: str = setting(
        "adamw",
        "adam takes weight decay as an L2 term of the gradient, adamw apart from it",
        choices=("adam", "adamw"),
    )
    learning_rate: float = setting(1e-3, "of the optimiser, before the schedule", above=0)
    weight_decay: float = setting(0.01, "of the optimiser", least=0)
    clip: float = setting(0.0, "L2 norm above which the gradient is scaled down; 0: never", least=0)
    schedule: str = setting(
        "cosine",
        "steps multiplies the rate by decay every decay_every; cosine lets it rise from 0 over the first epoch and "
        "fall to 0 over the others",
        choices=("steps", "cosine"),
    )
    decay: float = setting(1.0, "factor on the learning rate, for steps", above=0, most=1)
    decay_every: int = setting(1, "steps or epochs after which the rate is multiplied by decay", least=1)
    decay_unit: str = setting("epoch", "what decay_every counts", choices=("step", "epoch"))
    batch_size: int = setting(16, "examples a step", least=1)
    batching: str = setting(
        "shuffled", "shuffled draws batches at random; bucketed of like length", choices=("shuffled", "bucketed")
    )
    epochs: int = setting(20, "at most", least=1)
    examples_an_epoch: int = setting(0, "training examples drawn anew for each epoch; 0: all", least=0)
    patience: int = setting(
        0, "epochs without a better validation score after which training stops; 0: never", unit="epochs", least=0
    )
    select_on: str = setting(
        "loss",
        "validation number by which the best epoch is kept: the lowest loss, the highest of the others",
        choices=("loss", "r2", "score"),
    )
    validate_every: int = setting(1, "epochs from one validation to the next; the last is always validated", least=1)
    first_selected: int = setting(1, "first epoch, from 1, that is validated and may be kept", least=1)
    validated_examples: int = setting(
        0, "validation examples that choose the epoch, spread evenly over their order; 0: all", least=0
    )

    def __post_init__(self) -> None:
        check_choices(self)

    def validates(self, epoch: int) -> bool:
        """Whether there is a validation after this epoch, counted from 1."""
        return epoch == self.epochs or (epoch >= self.first_selected and epoch % self.validate_every == 0)


def learning_rate_factor(recipe: Recipe, iteration: int, iterations_an_epoch: int) -> float:
    """What the learning rate is multiplied by at `iteration`, counted from 0 through all epochs."""
    if recipe.schedule == "steps":
        done = iteration if recipe.decay_unit == "step" else iteration // iterations_an_epoch
        return recipe.decay ** (done // recipe.decay_every)
    if iteration < iterations_an_epoch:
        return (iteration + 1) / iterations_an_epoch
    done_share = (iteration - iterations_an_epoch) / max(1, iterations_an_epoch * (recipe.epochs - 1))
    return 0.5 * (1 + cos(pi * min(1.0, done_share)))
