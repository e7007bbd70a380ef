"""What of a network is trained: all of it, the uppermost layers of the encoder, or the head alone.

The layers of an encoder are stacked in arrays whose first axis counts them from below, so a parameter of them has a
learning rate for each layer. What lies below them (patches, positions) goes with a layer below the first; the last
normalisation with the uppermost.
"""

from __future__ import annotations

import numpy as np

from percepiano_core.audio.networks.network import AudioNetwork
from percepiano_core.audio.networks.settings import FineTuning
from percepiano_core.training.jax_adapter import Factors

LAST_NORM = "norm."  # name in the encoder of the normalisation after its layers


def rate_factors(network: AudioNetwork, settings: FineTuning) -> Factors:
    """Factors on the learning rate of each parameter, 0 where it stays as it was."""

    def factor(name: str, shape: tuple[int, ...]) -> float | np.ndarray:
        if not name.startswith(network.encoder):
            return 1.0
        within = name.removeprefix(network.encoder)
        if within.startswith(network.stacked):
            return layer_factors(settings, network.layers)
        return encoder_factor(settings, network.layers, within.startswith(LAST_NORM))

    return factor


def layer_factors(settings: FineTuning, layers: int) -> np.ndarray:
    """Factors [layers] on the learning rates of layers, the lowest first."""
    trained = {"full": layers, "last": settings.layers, "frozen": 0}[settings.mode]
    from_above = np.arange(layers)[::-1]
    return np.where(from_above < trained, settings.layer_decay ** (from_above + 1.0), 0.0)


def encoder_factor(settings: FineTuning, layers: int, above: bool) -> float:
    """The factor of what lies below the layers of an encoder, or above them."""
    if above:
        return 0.0 if settings.mode == "frozen" else settings.layer_decay
    return settings.layer_decay ** (layers + 1) if settings.mode == "full" else 0.0
