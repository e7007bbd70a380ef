"""Covariances between performances: how alike two of them are in descriptors, in what is played and in who plays.

A component is a shape over standardised descriptors (Rasmussen and Williams 2006, chapter 4), optionally only within
one movement or one player, or a bare indicator "same segment", "same player". A segment, movement or player that was
never seen shares nothing with anyone, so its component is zero there and the others carry the prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.perception.examples import Examples
from percepiano_core.perception.preparation import prepare

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


def covariances(
    components: Sequence[Component], train: Examples, others: Sequence[Examples], relevance: float
) -> list[np.ndarray]:
    """Components' covariances [components, n, train] (float32) of the train role itself, and of each of the others.

    `relevance` is the power of `descriptor_relevance` by which descriptors are scaled; 0 takes all as equal.
    """
    names = dict.fromkeys(component.descriptors for component in components if component.descriptors)
    inputs = {name: _scaled_inputs(name, train, (train, *others), relevance) for name in names}
    return [
        _stack(components, {name: _Products.of(each[i], each[0]) for name, each in inputs.items()}, examples, train)
        for i, examples in enumerate((train, *others))
    ]


def descriptor_relevance(inputs: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """How much each input tells of the ratings [d]: root mean square over dimensions of its correlation with them.

    Both are taken relative to their means in each group, so that what only tells groups apart does not count.
    """
    x, y = (_within_groups(values, groups) for values in (inputs, labels))
    norms = np.linalg.norm(x, axis=0)[:, None] * np.linalg.norm(y, axis=0)[None, :]
    return np.sqrt(((x.T @ y / np.maximum(norms, TINY)) ** 2).mean(axis=1))


def _within_groups(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    centred = values.astype(float)
    for group in np.unique(groups):
        centred[groups == group] -= centred[groups == group].mean(axis=0)
    return centred


def _scaled_inputs(name: str, train: Examples, roles: Sequence[Examples], power: float) -> list[np.ndarray]:
    """Standardised descriptors [n, d] of each role, scaled by relevance, of mean square 1 over d in the train role."""
    preparation = prepare(train, name)
    inputs = [preparation.standardised(role).astype(np.float32) for role in roles]
    scale = descriptor_relevance(inputs[0], train.labels, train.movements) ** power
    scale /= max(float(np.linalg.norm(scale)), TINY)
    return [each * scale.astype(np.float32) for each in inputs]


def _stack(
    components: Sequence[Component], products: dict[str, _Products], examples: Examples, train: Examples
) -> np.ndarray:
    stack = np.empty((len(components), len(examples), len(train)), dtype=np.float32)
    for term, component in zip(stack, components, strict=True):
        term[:] = _shape(component, products.get(component.descriptors))
        if component.within:
            term *= getattr(examples, component.within)[:, None] == getattr(train, component.within)[None, :]
    return stack


@dataclass(frozen=True, eq=False)
class _Products:
    """Inner products and squared distances [n, train] of scaled inputs."""

    inner: np.ndarray
    squared: np.ndarray

    @classmethod
    def of(cls, inputs: np.ndarray, train_inputs: np.ndarray) -> _Products:
        inner = inputs @ train_inputs.T
        lengths = (inputs**2).sum(axis=1)[:, None] + (train_inputs**2).sum(axis=1)[None, :]
        return cls(inner, np.maximum(lengths - 2 * inner, 0))


def _shape(component: Component, products: _Products | None) -> np.ndarray | float:
    if products is None:
        return 1.0
    if component.shape == "linear":
        return products.inner
    if component.shape == "rbf":
        return np.exp(-products.squared / (2 * component.length**2))
    return np.exp(-np.sqrt(products.squared + TINY) / component.length)
