"""Weights of dynamics networks: our files, and the authors' checkpoint. Tensors alone are read, never pickled objects.

Our files are safetensors whose header says what the network is built from and how it is used.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from percepiano_core.dynamics.network.architecture import TASKS, NetworkConfig
from percepiano_core.dynamics.network.model import EXPERTS, DynamicsNetwork
from percepiano_core.errors import UserError
from percepiano_core.training.named_arrays import Arrays, expecting, read_arrays, write_arrays
from percepiano_core.training.torch_adapter import load_module, module_arrays

MODULE = "dynamics.network.network_fold"  # that trains it
FORMAT = "percepiano dynamics network 1"  # in the headers of older files
EXPECTED = ("weights of a dynamics network", "name a file that training wrote")
HEADS = {"dynamic": "dyn", "beat": "beat", "downbeat": "db", "change_point": "cp"}  # task -> published short name
# published name of a module -> ours
BLOCK = {"bn1": "norm1", "conv1": "convolution1", "bn2": "norm2", "conv2": "convolution2", "bn3": "norm3", "sk": "skip"}
MODULES = {
    **{"bn0": "norm", "conv1": "fine1_in", "conv02": "middle1_in", "conv4": "out"},
    **{"us121": "middle1_up", "us221": "middle2_up", "us232": "coarse2_up", "us321": "middle3_up"},
    **{"us332": "coarse3_up", "us421": "middle4_up"},
    **{"conv21": "fine2_merge", "conv22": "middle2_merge", "conv23": "coarse2_merge"},
    **{"conv31": "fine3_merge", "conv32": "middle3_merge", "conv33": "coarse3_merge"},
    **{"conv41": "fine4_merge", "conv42": "middle4_merge", "conv51": "fine5_merge"},
    **{"block11": "fine1", "block12": "middle1"},
    **{"block21": "fine2", "block22": "middle2", "block23": "coarse2"},
    **{"block31": "fine3.0", "block32": "middle3.0", "block33": "coarse3.0"},
    **{"block41": "fine4", "block42": "middle4", "block51": "fine5.0"},
    **{"bn31": "fine3.1", "bn32": "middle3.1", "bn33": "coarse3.1", "bn51": "fine5.1"},
    **{"self_att23": "coarse2_attention.0", "bn23": "coarse2_attention.1"},
    **{"self_att": "coarse3_attention.0", "bn4": "coarse3_attention.1"},
}


def network_header(config: NetworkConfig, about: Mapping[str, Any]) -> dict[str, Any]:
    """What the file of a network says beside its weights; `about` is what using it needs to know, as JSON holds it."""
    return {"module": MODULE, "description": {"config": asdict(config), "about": dict(about)}}


def save_network(path: Path | str, network: DynamicsNetwork, about: Mapping[str, Any] | None = None) -> None:
    """Write the weights and the header as safetensors, atomically."""
    write_arrays(path, module_arrays(network), network_header(network.config, about or {}))


def read_about(path: Path | str) -> dict[str, Any]:
    """What the file says about the use of its network; UserError as of `load_network`."""
    return _read(path)[1]["about"]


def load_network(path: Path | str) -> DynamicsNetwork:
    """Network in evaluation mode from such a file; UserError if it is missing or something else."""
    weights, description = _read(path)
    config = description["config"]
    values = config | {"tasks": tuple(config["tasks"]), "scales": tuple(config["scales"])}
    with expecting(path, *EXPECTED):
        network = DynamicsNetwork(NetworkConfig(**values))
        load_module(network, weights)
    return network.eval()


def _read(path: Path | str) -> tuple[Arrays, dict[str, Any]]:
    """Weights and description; older files have a format in the module's place."""
    weights, header = read_arrays(path, *EXPECTED)
    if header.get("module") == MODULE:
        return weights, header["description"]
    if header.get("format") == FORMAT:
        return weights, header
    raise UserError(path, "not the weights of a dynamics network", EXPECTED[1])


def load_published(path: Path | str) -> DynamicsNetwork:
    """Network in evaluation mode from a checkpoint of the authors' code; UserError if it is missing or something else.

    What the checkpoint's tensors say decides the configuration; of a single binary task, its stored settings do.
    """
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        state = checkpoint["model"]
        config = _published_config(state, checkpoint.get("cfg") or {})
        network = DynamicsNetwork(config)
        network.load_state_dict(_translated(state, config))
    except OSError:
        raise UserError(path, "no such checkpoint", "give the authors' .pth file") from None
    except pickle.UnpicklingError:
        raise UserError(path, "holds objects other than tensors, which are not loaded", "save its tensors") from None
    except (KeyError, IndexError, TypeError, AttributeError, RuntimeError) as error:
        problem = f"not a checkpoint of the published network ({' '.join(str(error).split())[:80]})"
        raise UserError(path, problem, "give the authors' .pth file") from None
    return network.eval()


def _published_config(state: Mapping[str, Tensor], settings: Mapping[str, Any]) -> NetworkConfig:
    bands, outputs = len(state["bn0.weight"]), len(state["encoder.conv4.weight"])
    scales = (state["encoder.us121.weight"].shape[2], state["encoder.us232.weight"].shape[2])
    if "head_dyn_out.weight" in state:
        return NetworkConfig(bands, tuple(TASKS), scales, experts="mmoe.gates.0.weight" in state)
    task = "dynamic" if outputs == TASKS["dynamic"] else settings["exp"]["targets"][0]
    return NetworkConfig(bands, (task,), scales)


def _translated(state: Mapping[str, Tensor], config: NetworkConfig) -> dict[str, Tensor]:
    """The published weights under our names and in our shapes; buffers of the feature extractor are passed over."""
    translated = {}
    for name, value in state.items():
        prefix, _, rest = name.partition(".")
        if prefix == "bn0":
            translated[f"input_norm.{rest}"] = value
        elif prefix == "encoder":
            translated[f"encoder.{_encoder_name(rest)}"] = _sequence_weight(value)
    if len(config.tasks) > 1:
        translated |= _head(state, config)
    return translated


def _encoder_name(published: str) -> str:
    module, _, rest = published.partition(".")
    if module.startswith("block"):
        part, _, parameter = rest.partition(".")
        return f"{MODULES[module]}.{BLOCK[part]}.{parameter}"
    if MODULES[module].endswith("_merge"):
        return f"{MODULES[module]}.convolution.{rest}"
    return f"{MODULES[module]}.{rest.replace('att.', 'attention.', 1)}"


def _sequence_weight(value: Tensor) -> Tensor:
    """An image convolution's weight [a, b, time, width] as a sequence's [a, width * b, time]; others as they are."""
    if value.ndim != 4:
        return value
    a, b, time, width = value.shape
    return value.permute(0, 3, 1, 2).reshape(a, width * b, time)


def _head(state: Mapping[str, Tensor], config: NetworkConfig) -> dict[str, Tensor]:
    """The heads; the projections of a network with experts are dropped, for nothing uses them."""
    head = {}
    for index, (task, short) in enumerate(HEADS.items()):
        for kind in ("weight", "bias"):
            head[f"head.outputs.{task}.{kind}"] = state[f"head_{short}_out.{kind}"]
            if not config.experts:
                head[f"head.views.maps.{index}.{kind}"] = state[f"proj_{short}.{kind}"]
    if config.experts:
        for kind in ("weight", "bias"):
            for ours, theirs in (("inner", "net.0"), ("outer", "net.2")):
                parts = [state[f"mmoe.experts.{expert}.{theirs}.{kind}"] for expert in range(EXPERTS)]
                head[f"head.views.{ours}.{kind}"] = torch.cat(parts)
            gates = [state[f"mmoe.gates.{index}.{kind}"] for index in range(len(HEADS))]
            head[f"head.views.gates.{kind}"] = torch.cat(gates)
    return head
