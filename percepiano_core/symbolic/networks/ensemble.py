"""Networks that read notes, as one ensemble: which they are, and what they say of performances of a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.perception.ensemble import Member
from percepiano_core.perception.examples import Examples
from percepiano_core.symbolic.networks.network import Network, Notes
from percepiano_core.symbolic.networks.network_file import read_network


def ask(members: Sequence[Member], examples: Examples, notes: Notes, performed: Notes) -> np.ndarray:
    """Ratings of each member [k, n, 19], 0 to 1.

    A member reads `notes` (features of the score's notes) or `performed` (store/performed.py), as it was trained.
    """
    read = [performed if member.info.inputs == "performed" else notes for member in members]
    return np.stack(
        [_predicted(read_network(each.weights), examples, given) for each, given in zip(members, read, strict=True)]
    )


def unlabelled(descriptors: Mapping[str, Mapping[str, float]]) -> Examples:
    """Unlabelled performances, from their descriptors, as a network reads them."""
    names = np.array(list(descriptors))
    columns = tuple(next(iter(descriptors.values())))
    return Examples(
        performances=names,
        segments=names,
        pieces=names,
        movements=names,
        works=names,
        performers=names,
        deadpan=np.zeros(len(names), dtype=bool),
        features=np.array([[row[column] for column in columns] for row in descriptors.values()]),
        feature_names=columns,
        labels=np.full((len(names), len(DIMENSION_KEYS)), np.nan),
        n_raters=np.full(len(names), np.nan),
    )


def _predicted(network: Network, examples: Examples, notes: Notes) -> np.ndarray:
    with torch.inference_mode():
        logits = network.module(network.collate(network.encode(examples, notes)))
    return torch.sigmoid(logits).numpy().astype(float)
