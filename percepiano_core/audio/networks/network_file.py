"""A trained network in one file: its weights, and beside them what it is built from and how its clips are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx

from percepiano_core.audio.networks.clip_form import Mels
from percepiano_core.audio.networks.network import AudioNetwork, load_network_module
from percepiano_core.audio.networks.rating_task import HEARD_TOGETHER, pooled_ratings, ratings_of
from percepiano_core.training.jax_adapter import load_module
from percepiano_core.training.named_arrays import expecting, read_arrays

MODULE, DESCRIPTION = "module", "description"  # keys of the header
EXPECTED = ("a trained network of recordings", "train the model again")


def network_header(module: str, network: AudioNetwork) -> dict[str, Any]:
    """What the file of a network says beside its weights; `module` is the one that made the network."""
    return {MODULE: module, DESCRIPTION: network.description}


def read_network(path: Path | str) -> AudioNetwork:
    """The network of such a file, ready to predict; UserError if the file is no such file."""
    weights, header = read_arrays(path, *EXPECTED)
    with expecting(path, *EXPECTED):
        network = load_network_module(header[MODULE]).restore(header[DESCRIPTION])
        load_module(network.module, weights)
    return network


def predicted_ratings(network: AudioNetwork, mels: Mels, together: int = HEARD_TOGETHER) -> np.ndarray:
    """Ratings [n, 19], 0 to 1, of spectrograms [frames, mels] float16 of the network's front end.

    together : clips in a batch
    """
    say = nnx.jit(ratings_of)

    def heard(clips: np.ndarray) -> np.ndarray:
        return np.asarray(say(network.module, jnp.asarray(clips)))

    return pooled_ratings(heard, mels, network.form, together)
