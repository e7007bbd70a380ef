"""How a dynamics network is trained; every number is a setting (spec: dynamics.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from percepiano_core.errors import UserError


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of training; the defaults are the published ones where these are known.

    Attributes
    ----------
    epochs, batch_size : passes and segments a step
    segments_an_epoch : segments drawn anew for each epoch; 0 takes all
    learning_rate, weight_decay : of AdamW
    decay, decay_every : factor on the learning rate, and after how many epochs each time
    pad_short : recordings shorter than a segment are filled up with silence; the published training leaves them out
    validate_every : epochs between two looks at the valid role
    validated_recordings : of the valid role, spread evenly; 0 takes all
    first_selected : first epoch that may be the best, from 1
    """

    epochs: int = 120
    batch_size: int = 10
    segments_an_epoch: int = 0
    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    decay: float = 0.9
    decay_every: int = 2
    pad_short: bool = False
    validate_every: int = 8
    validated_recordings: int = 0
    first_selected: int = 8

    def rate(self, epoch: int) -> float:
        """Learning rate of an epoch, counted from 0."""
        return self.learning_rate * self.decay ** (epoch // self.decay_every)

    def looks(self, epoch: int) -> bool:
        """Whether the valid role is looked at after this epoch, counted from 0; the last one always."""
        done = epoch + 1
        return done == self.epochs or (done >= self.first_selected and done % self.validate_every == 0)


def make_recipe(settings: dict[str, Any]) -> Recipe:
    """Recipe from a configuration block; UserError for a key that it does not have."""
    unknown = sorted(set(settings) - {field.name for field in fields(Recipe)})
    if unknown:
        known = ", ".join(field.name for field in fields(Recipe))
        raise UserError("configuration", f"a dynamics recipe has no key '{unknown[0]}'", f"known keys: {known}")
    return Recipe(**settings)
