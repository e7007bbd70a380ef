"""The weights of transkun 2.0, from the installed package: its wheel holds them, so nothing is fetched.

The package is found and not imported: its modules need others that are not used here (see network.py).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch

from percepiano_core.audio.transcription.network import TranskunNetwork
from percepiano_core.errors import UserError

PACKAGE, WEIGHTS = "transkun", "pretrained/2.0.pt"
# Without --no-deps pip adds a training environment, and may exchange torch for another build.
INSTALL = "pip install --no-deps transkun==2.0.1"


def weights_file() -> Path:
    """Where the weights are; UserError where the package is not installed, or is a version that has others."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(PACKAGE, "is not installed, and its weights hear the notes", INSTALL)
    path = Path(spec.submodule_search_locations[0]) / WEIGHTS
    if not path.is_file():
        raise UserError(path, "no such file, so this is another version of transkun", INSTALL)
    return path


def load_network() -> TranskunNetwork:
    """The network with its released weights, for use without gradients."""
    path = weights_file()
    network = TranskunNetwork().eval().requires_grad_(False)
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["state_dict"])
    except (KeyError, RuntimeError):
        raise UserError(path, "holds other weights than those of transkun 2.0", INSTALL) from None
    return network
