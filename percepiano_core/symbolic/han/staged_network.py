"""Staged models as networks of ratings: what they read, what they tell of themselves, their pre-training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from functools import partial
from random import Random
from typing import Any

from torch import Tensor

from percepiano_core.perception.examples import Examples
from percepiano_core.perception.folds import Roles
from percepiano_core.store.notes import read_notes
from percepiano_core.symbolic.han.architecture import Architecture, Layers, Options
from percepiano_core.symbolic.han.layers.regularisation import entropy_penalty
from percepiano_core.symbolic.han.layers.stage_diagnostics import stage_numbers
from percepiano_core.symbolic.han.masked_notes import NoteTask
from percepiano_core.symbolic.han.notes.note_inputs import NoteInputs, described_inputs, fit_inputs
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch, NoteSequence, collate
from percepiano_core.symbolic.han.notes.slicing import cut, slice_spans
from percepiano_core.symbolic.han.parameter_groups import parameter_groups
from percepiano_core.symbolic.han.settings import MaskedNotes, NoteNetworkSettings
from percepiano_core.symbolic.han.staged_model import StagedModel
from percepiano_core.symbolic.networks.fold import train_network
from percepiano_core.symbolic.networks.network import Network, Notes
from percepiano_core.symbolic.networks.pretraining import PretrainingTask
from percepiano_core.training.run import Trained, TrainingRun

Build = Callable[[int, Architecture, int], StagedModel]
"""Columns of the features, architecture, descriptors beside the notes -> the model, randomly initialised."""

PRETRAINING = "masked_notes"  # of its files in a run folder


def train_staged_fold(
    module: str, build: Build, roles: Roles, notes: Notes, settings: NoteNetworkSettings, seed: int, run: TrainingRun
) -> Trained:
    """Train on one fold (networks/fold.py), after masked-note pre-training where the settings say so."""
    prepare = partial(prepared_network, build, settings=settings)
    masked = settings.masked_notes
    pretrain = None if masked is None else partial(_pretrain, masked, seed, run.part(PRETRAINING))
    return train_network(module, prepare, roles, notes, settings, seed, run, pretrain)


def prepared_network(build: Build, train: Examples, notes: Notes, settings: NoteNetworkSettings) -> Network:
    """The network that the settings describe, its inputs fitted on the train role."""
    inputs = fit_inputs(train, notes, settings.feature_set, settings.standardise, settings.descriptors)
    return _network(build, inputs, settings.architecture)


def restored_network(build: Build, description: Mapping[str, Any]) -> Network:
    """The network that `Network.description` described, randomly initialised."""
    known = {each.name for each in fields(Architecture)}  # others, in older files, follow from the inputs
    values = {name: value for name, value in description["architecture"].items() if name in known}
    made = values | {"layers": Layers(**values["layers"]), "options": Options(**values["options"])}
    return _network(build, described_inputs(description["inputs"]), Architecture(**made))


def _network(build: Build, inputs: NoteInputs, architecture: Architecture) -> Network:
    module = build(inputs.width, architecture, inputs.descriptor_width)
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


def _pretrain(
    masked: MaskedNotes,
    seed: int,
    run: TrainingRun,
    network: Network,
    train: list[NoteSequence],
    valid: list[NoteSequence],
) -> None:
    """Pre-train on the notes of both roles' performances, whose ratings play no part, and on those of the file."""
    assert network.masked_task is not None, "every staged network has one"
    unlabelled = {} if masked.notes is None else read_notes(masked.notes)
    task = network.masked_task()
    parts = [*train, *task.parts(unlabelled)]
    run.report(f"masked-note pre-training: {len(parts)} parts to train on, {len(valid)} to validate on")
    run.train(PretrainingTask(task, masked.recipe, parts, valid, seed), masked.recipe)


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
