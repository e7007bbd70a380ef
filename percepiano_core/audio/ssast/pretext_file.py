"""The file that masked pre-training leaves: the encoder, and beside it what only its two tasks need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from flax import nnx

from percepiano_core.audio.networks.clip_form import ClipForm, restored_form
from percepiano_core.audio.networks.encoder_weights import EXPECTED, FORM, PRETEXT, encoder_header
from percepiano_core.audio.ssast.network import SsastNetwork
from percepiano_core.audio.ssast.network_settings import Masking, SsastSettings
from percepiano_core.audio.ssast.settings import PretrainingSettings
from percepiano_core.errors import UserError
from percepiano_core.training.jax_adapter import load_module
from percepiano_core.training.named_arrays import below, expecting, prefixed, read_arrays
from percepiano_core.training.settings import built

ENCODER = "encoder."  # what the names of the encoder's weights begin with
NETWORK, MASKING = "network", "masking"  # keys of the header


def pretrained_file(
    weights: Mapping[str, np.ndarray], settings: PretrainingSettings, form: ClipForm
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and header of the file, from the weights of the whole network."""
    own = {name: value for name, value in weights.items() if not name.startswith(ENCODER)}
    told = {NETWORK: asdict(settings.network), MASKING: asdict(settings.masking)}
    return below(weights, ENCODER) | prefixed(own, PRETEXT), encoder_header(settings.network, form) | told


def read_pretrained(path: Path | str) -> tuple[SsastNetwork, Masking, ClipForm]:
    """The whole network, how its clips were masked, and their form; UserError for a file of an encoder alone."""
    arrays, header = read_arrays(path, *EXPECTED)
    if NETWORK not in header:
        problem = "holds an encoder alone, not what it was pre-trained with"
        raise UserError(path, problem, "pre-train it again")
    with expecting(path, *EXPECTED):
        network = SsastNetwork(built(SsastSettings, header[NETWORK]), nnx.Rngs(0))
        encoder = {name: value for name, value in arrays.items() if not name.startswith(PRETEXT)}
        load_module(network, prefixed(encoder, ENCODER) | below(arrays, PRETEXT))
        return network, built(Masking, header[MASKING]), restored_form(header[FORM])
