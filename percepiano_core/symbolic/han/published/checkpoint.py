"""The published checkpoints, under the names that their code gave.

A pickle can run code when it is read, so only tensors in plain containers are accepted (`weights_only`).
The published loader lets mismatches pass (docs/released_code.md, "Networks", 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from percepiano_core.errors import UserError
from percepiano_core.symbolic.han.architecture import Architecture
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.published.parameters import unused_modules
from percepiano_core.training.torch_adapter import PARALLEL_PREFIX, read_state_dict

_ENCODER = {
    "note.embed": "note_embedder.fc",
    "note.rnn.lstm": "score_encoder.lstm",
    "voice.rnn.lstm": "score_encoder.voice_net",
    "beat.attention": "score_encoder.beat_attention",
    "beat.rnn.lstm": "score_encoder.beat_rnn",
    "measure.attention": "score_encoder.measure_attention",
    "measure.rnn.lstm": "score_encoder.measure_rnn",
    "stack.embed": "note_embedder.fc",
    "stack.rnn.lstm": "lstm",
    "performance_encoder.contract": "performance_encoder.performance_contractor",
    "performance_encoder.pool": "performance_encoder.performance_final_attention",
}
"""Our module, below `stages`, -> the published one."""

_HEADS = {
    "note": ("note_contractor", "note_attention"),
    "voice": ("voice_contractor", "voice_attention"),
    "beat": ("", "beat_attention"),
    "measure": ("", "measure_attention"),
    "total_note_cat": ("performance_contractor", "performance_final_attention"),
    "stack": ("note_contractor", "note_attention"),
}
"""Level -> published names of what contracts and what pools."""

_ATTENTION = {"context": "context_vector", "proj.weight": "attention_net.weight", "proj.bias": "attention_net.bias"}


def published_names(width: int, architecture: Architecture) -> dict[str, str]:
    """Published name of a tensor -> ours, for every tensor of our model."""
    with torch.device("meta"):
        model = HierarchicalModel(width, architecture)
    names = _names_below(model.stages, "stages.", _ENCODER)
    return names | _names_below(model.head, "head.", _head_modules(architecture.level))


def load_published(path: Path | str, width: int, architecture: Architecture) -> dict[str, Tensor]:
    """State of our model from a published checkpoint; what the head never reads is left out.

    UserError if the file holds anything but tensors, lacks one, has one that is unknown, or of another shape.
    """
    tensors = {name.removeprefix(PARALLEL_PREFIX): value for name, value in read_state_dict(path).items()}
    names = published_names(width, architecture)
    with torch.device("meta"):
        shapes = HierarchicalModel(width, architecture).state_dict()
    unused = _names_below(unused_modules(width, architecture), "", _ENCODER)
    missing, unknown = sorted(names.keys() - tensors.keys()), sorted(tensors.keys() - names.keys() - unused.keys())
    if missing or unknown:
        problem = f"lacks {missing[0]}" if missing else f"has {unknown[0]}, which is unknown"
        raise UserError(path, f"it {problem}", "name the level and the options that it was trained with")
    state = {ours: tensors[published] for published, ours in names.items()}
    for name, value in state.items():
        if value.shape != shapes[name].shape:
            problem = f"{name} is {list(value.shape)}, not {list(shapes[name].shape)}"
            raise UserError(path, problem, "name the feature set and sizes that it was trained with")
    return state


def _names_below(module: nn.Module, prefix: str, modules: Mapping[str, str]) -> dict[str, str]:
    """Published name -> our name with `prefix`, of the tensors of `module`."""
    names = {}
    for name in module.state_dict():
        part = next((part for part in modules if name.startswith(f"{part}.")), None)
        if part is None:
            raise UserError(f"option for {name}", "no published checkpoint has it", "leave it out")
        rest = name.removeprefix(f"{part}.")
        names[f"{modules[part]}.{_ATTENTION.get(rest, rest)}"] = prefix + name
    return names


def _head_modules(level: str) -> dict[str, str]:
    if level not in _HEADS:
        raise UserError(f"level {level}", "no published model has it", f"choose one of {', '.join(_HEADS)}")
    contract, pool = _HEADS[level]
    return {"contract": contract, "pool": pool, "fc1": "out_fc.1", "fc2": "out_fc.4"}
