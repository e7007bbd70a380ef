"""Settings that every network of ratings has, whatever it reads."""

from __future__ import annotations

from dataclasses import dataclass

from percepiano_core.training.recipe import Recipe
from percepiano_core.training.settings import setting


@dataclass(frozen=True)
class RatingNetworkSettings:
    """How a network of ratings learns from them."""

    recipe: Recipe = setting({"preset": "default"}, "how it is trained")
    slice_notes: int = setting(
        5000,
        "a performance of more notes is cut into slices of about as many, anew at each epoch; no rated one has 5000",
        unit="notes",
        least=1,
    )
    rater_exponent: float = setting(
        0.0, "power of the number of raters by which a performance counts in the loss (sample weights); 0: all alike"
    )
    pairwise_weight: float = setting(
        0.0,
        "weight of the pairwise difference loss: of differences between performances of one segment in a batch",
        least=0,
    )
