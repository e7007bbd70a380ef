"""A trained network in one file: its weights, and beside them what it is built from and how its inputs are made."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from percepiano_core.errors import UserError
from percepiano_core.files import replacing
from percepiano_core.symbolic.neural.network import Network, load_trainable

MODULE, DESCRIPTION = "module", "description"  # names of the metadata


def write_network(path: Path | str, module: str, network: Network) -> None:
    """Write the weights as safetensors, atomically; `module` is the trainable module that made the network."""
    weights = {name: value.detach().cpu().contiguous() for name, value in network.module.state_dict().items()}
    with replacing(path) as part:
        save_file(weights, part, {MODULE: module, DESCRIPTION: json.dumps(network.description)})


def read_network(path: Path | str) -> Network:
    """The network that `write_network` wrote, ready to predict; UserError if the file is no such file."""
    try:
        weights = load_file(path)
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
        network = load_trainable(metadata[MODULE]).restore(json.loads(metadata[DESCRIPTION]))
        network.module.load_state_dict(weights)
    except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
        problem = f"cannot be read as a trained network ({str(error).splitlines()[0]})"
        raise UserError(path, problem, "train the model again") from None
    network.module.eval()
    return network
