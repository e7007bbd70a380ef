"""A trained network in one file: its weights, and beside them what it is built from and how its inputs are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from percepiano_core.symbolic.networks.network import Network, load_network_module
from percepiano_core.training.named_arrays import expecting, read_arrays, write_arrays
from percepiano_core.training.torch_adapter import load_module, module_arrays

MODULE, DESCRIPTION = "module", "description"  # keys of the header
EXPECTED = ("a trained network", "train the model again")


def network_header(module: str, network: Network) -> dict[str, Any]:
    """What the file of a network says beside its weights; `module` is the one that made the network."""
    return {MODULE: module, DESCRIPTION: network.description}


def write_network(path: Path | str, module: str, network: Network) -> None:
    """Write the weights as safetensors, atomically."""
    write_arrays(path, module_arrays(network.module), network_header(module, network))


def read_network(path: Path | str) -> Network:
    """The network of such a file, ready to predict; UserError if the file is no such file."""
    weights, header = read_arrays(path, *EXPECTED)
    with expecting(path, *EXPECTED):
        network = load_network_module(header[MODULE]).restore(header[DESCRIPTION])
        load_module(network.module, weights)
    network.module.eval()
    return network
