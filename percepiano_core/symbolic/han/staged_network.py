"""Staged models as trainable networks: which settings they take, what they read, what they tell of themselves.

Settings: `preset` (presets.py); `standardise`, "published" or "all" (note_inputs.py); `descriptors`, a set of
descriptors that the head reads too, or null; `architecture` and `options`, values that replace the preset's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from random import Random
from typing import Any

from torch import Tensor

from percepiano_core.errors import UserError
from percepiano_core.perception.examples import Examples
from percepiano_core.symbolic.han.architecture import Architecture, Layers, Options
from percepiano_core.symbolic.han.layers.regularisation import entropy_penalty
from percepiano_core.symbolic.han.masked_notes import NoteTask
from percepiano_core.symbolic.han.notes.note_inputs import NoteInputs, described_inputs, fit_inputs
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch, NoteSequence, collate
from percepiano_core.symbolic.han.notes.slicing import cut, slice_spans
from percepiano_core.symbolic.han.parameter_groups import parameter_groups
from percepiano_core.symbolic.han.presets import preset
from percepiano_core.symbolic.han.stage_diagnostics import stage_numbers
from percepiano_core.symbolic.han.staged_model import StagedModel
from percepiano_core.symbolic.networks.network import Network, Notes

Build = Callable[[int, Architecture], StagedModel]
SETTINGS = ("preset", "standardise", "descriptors", "architecture", "options")


def prepared_network(build: Build, train: Examples, notes: Notes, settings: Mapping[str, Any]) -> Network:
    """The network that the settings describe, its inputs fitted on the train role."""
    unknown = sorted(settings.keys() - set(SETTINGS))
    if unknown:
        raise UserError("network", f"there is no setting {unknown[0]!r}", f"use {', '.join(SETTINGS)}")
    chosen = preset(settings["preset"])
    standardise, descriptors = settings.get("standardise", "published"), settings.get("descriptors")
    inputs = fit_inputs(train, notes, chosen.feature_set, standardise, descriptors)
    options = _changed(chosen.architecture.options, settings.get("options", {}))
    architecture = _changed(chosen.architecture, settings.get("architecture", {}))
    return _network(build, inputs, replace(architecture, options=options, descriptors=inputs.descriptor_width))


def restored_network(build: Build, description: Mapping[str, Any]) -> Network:
    """The network that `Network.description` described, with weights of chance."""
    values = dict(description["architecture"])
    layers, options = Layers(**values.pop("layers")), Options(**values.pop("options"))
    return _network(
        build, described_inputs(description["inputs"]), Architecture(**values, layers=layers, options=options)
    )


def _network(build: Build, inputs: NoteInputs, architecture: Architecture) -> Network:
    module = build(inputs.width, architecture)
    options = architecture.options
    note_stage: Any = next(iter(module.stages.values()))

    def penalised(batch: NoteBatch) -> tuple[Tensor, Tensor]:
        logits, made = module.activations(batch)
        return logits, entropy_penalty(made, batch, options)

    def probe(batch: NoteBatch) -> dict[str, float]:
        return stage_numbers(module.activations(batch)[1])

    return Network(
        module=module,
        encode=inputs.encode,
        length=_notes,
        collate=collate,
        penalised=penalised,
        probe=probe,
        groups=lambda rate: parameter_groups(module, rate, options.attention_lr_factor),
        without=_without(module),
        slices=_slices,
        masked_task=lambda: NoteTask(note_stage, inputs.of_notes_alone),
        description={"architecture": asdict(architecture), "inputs": inputs.description()},
    )


def _slices(sequence: NoteSequence, length: int, random: Random) -> list[NoteSequence]:
    return [cut(sequence, span) for span in slice_spans(sequence.measure, length, random)]


def _notes(sequence: NoteSequence) -> int:
    return len(sequence.beat)


def _without(module: StagedModel) -> dict[str, Callable[[NoteBatch], Tensor]]:
    """The logits without the hierarchy, for a head that reads notes and what is spanned over them."""
    if "span" not in module.stages:
        return {}
    span: Any = module.stages["span"]

    def without_hierarchy(batch: NoteBatch) -> Tensor:
        span.contribution = 0.0
        try:
            return module(batch)
        finally:
            span.contribution = 1.0

    return {"hierarchy": without_hierarchy}


def _changed(values: Any, changes: Mapping[str, Any]) -> Any:
    """A dataclass with changes; UserError for a value that it does not have."""
    known = [each.name for each in fields(values)]
    unknown = sorted(changes.keys() - set(known))
    if unknown:
        raise UserError(
            type(values).__name__.lower(), f"there is no {unknown[0]!r}", f"change one of {', '.join(known)}"
        )
    return replace(values, **changes)
