"""A trained network in one file: its weights, and beside them what it is built from and how its inputs are made."""

from __future__ import annotations

from pathlib import Path

from percepiano_core.symbolic.networks.network import Network, load_trainable
from percepiano_core.training.named_arrays import expecting, read_tensors, write_tensors

MODULE, DESCRIPTION = "module", "description"  # keys of the header
EXPECTED = ("a trained network", "train the model again")


def write_network(path: Path | str, module: str, network: Network) -> None:
    """Write the weights as safetensors, atomically; `module` is the trainable module that made the network."""
    write_tensors(path, network.module.state_dict(), {MODULE: module, DESCRIPTION: network.description})


def read_network(path: Path | str) -> Network:
    """The network that `write_network` wrote, ready to predict; UserError if the file is no such file."""
    weights, header = read_tensors(path, *EXPECTED)
    with expecting(path, *EXPECTED):
        network = load_trainable(header[MODULE]).restore(header[DESCRIPTION])
        network.module.load_state_dict(weights)
    network.module.eval()
    return network
