"""Covariances between performances: how alike two of them are in descriptors, in what is played and in who plays.

A component is a shape over standardised descriptors (Rasmussen and Williams 2006, chapter 4), optionally only within
one movement or one player, or a bare indicator "same segment", "same player". A segment, movement or player that was
never seen shares nothing with anyone, so its component is zero there and the others carry the prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.symbolic.data import Examples
from percepiano_core.symbolic.preparation import Preparation, prepare

TINY = 1e-9


@dataclass(frozen=True)
class Component:
    """One term of a covariance.

    Attributes
    ----------
    shape : "linear", "rbf" (squared exponential), "exponential", or "same" (1 for all, to be used with `within`)
    descriptors : feature set that the shape is taken over
    length : length scale, in standard deviations of a descriptor (root mean square over descriptors)
    within : field of Examples that must be equal ("movements", "performers", "segments"), or nothing
    """

    shape: str
    descriptors: str = ""
    length: float = 1.0
    within: str = ""


def standard_components(feature_sets: Sequence[str]) -> tuple[Component, ...]:
    """The covariance that the Gaussian process uses over the given descriptor sets."""
    shared = [Component("exponential", each, 2.0) for each in feature_sets]
    shared += [Component("linear", each) for each in feature_sets]
    of_movement = [Component("linear", each, within="movements") for each in feature_sets]
    of_movement += [Component("rbf", each, within="movements") for each in feature_sets]
    of_player = [Component("rbf", feature_sets[0], within="performers")]
    levels = [Component("same", within=field) for field in ("segments", "performers")]
    return (*shared, *of_movement, *of_player, *levels)


def covariances(components: Sequence[Component], train: Examples, others: Sequence[Examples]) -> list[np.ndarray]:
    """Components' covariances [components, n, train] (float32) of the train role itself, and of each of the others."""
    names = dict.fromkeys(component.descriptors for component in components if component.descriptors)
    prepared = {name: prepare(train, name) for name in names}
    return [_stack(components, prepared, examples, train) for examples in (train, *others)]


def _stack(
    components: Sequence[Component], prepared: dict[str, Preparation], examples: Examples, train: Examples
) -> np.ndarray:
    products = {name: _Products.of(preparation, examples, train) for name, preparation in prepared.items()}
    stack = np.empty((len(components), len(examples), len(train)), dtype=np.float32)
    for term, component in zip(stack, components, strict=True):
        term[:] = _shape(component, products.get(component.descriptors))
        if component.within:
            term *= getattr(examples, component.within)[:, None] == getattr(train, component.within)[None, :]
    return stack


@dataclass(frozen=True, eq=False)
class _Products:
    """Inner products and squared distances [n, train] of standardised descriptors, per descriptor."""

    inner: np.ndarray
    squared: np.ndarray

    @classmethod
    def of(cls, preparation: Preparation, examples: Examples, train: Examples) -> _Products:
        a, b = (preparation.standardised(each).astype(np.float32) for each in (examples, train))
        width = max(a.shape[1], 1)
        inner = a @ b.T / width
        squared = (a**2).sum(axis=1)[:, None] / width + (b**2).sum(axis=1)[None, :] / width - 2 * inner
        return cls(inner, np.maximum(squared, 0))


def _shape(component: Component, products: _Products | None) -> np.ndarray | float:
    if products is None:
        return 1.0
    if component.shape == "linear":
        return products.inner
    if component.shape == "rbf":
        return np.exp(-products.squared / (2 * component.length**2))
    return np.exp(-np.sqrt(products.squared + TINY) / component.length)
