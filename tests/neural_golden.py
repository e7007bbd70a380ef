"""Golden models, batches and weights (tests/data/README.md), and random performances for property tests."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from percepiano_core.symbolic.han.architecture import Architecture, Options
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch, NoteSequence, collate, note_sequence
from percepiano_core.symbolic.han.published.checkpoint import published_names

LEVEL_OF_HEAD = {"single": "stack"}
MODELS = ("bilstm9", "sa101", "voice101", "han101_beat", "han101_measure", "han101_total", "stack79")
BATCHES = ("A", "B", "C")
PUBLISHED = Options()
SMALL = Architecture("note", hidden=16, dropout=0.0)


class Golden:
    """The golden files of the models."""

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "models" / "manifest.json").read_text(encoding="utf-8"))
        self.models = self.manifest["models"]
        self.batches = np.load(folder / "models" / "batches.npz")
        self.outputs = np.load(folder / "models" / "outputs.npz")

    def architecture(self, name: str, options: Options = PUBLISHED) -> Architecture:
        head = self.models[name]["head"]
        return replace(SMALL, level=LEVEL_OF_HEAD.get(head, head), options=options)

    def model(self, name: str, options: Options = PUBLISHED) -> HierarchicalModel:
        """The model with the weights of the fill rule."""
        architecture, width = self.architecture(name, options), self.models[name]["width"]
        model = HierarchicalModel(width, architecture)
        model.load_state_dict({ours: self.weight(name, published) for published, ours in self.names(name).items()})
        return model

    def names(self, name: str) -> dict[str, str]:
        """Published name -> ours."""
        return published_names(self.models[name]["width"], self.architecture(name))

    def weight(self, name: str, published: str) -> torch.Tensor:
        item = self.models[name]
        canonical = {upstream: c for c, upstream in item["upstream_names"].items()}[published]
        return fill(canonical, item["params"][canonical])

    def canonical(self, name: str) -> dict[str, str]:
        """Our name -> canonical."""
        upstream = {u: c for c, u in self.models[name]["upstream_names"].items()}
        return {ours: upstream[published] for published, ours in self.names(name).items()}

    def sequences(self, name: str, batch: str) -> list[NoteSequence]:
        lengths = self.batches[f"{batch}.lengths"].astype(int)
        features = np.split(self.batches[f"{batch}.x{self.models[name]['width']}"], np.cumsum(lengths)[:-1])
        places = [self.batches[f"{batch}.{level}"].astype(int) for level in ("beat", "measure", "voice")]
        return [
            note_sequence(f"{batch}{i}", x, *(place[i, :n] for place in places))
            for i, (x, n) in enumerate(zip(features, lengths, strict=True))
        ]

    def batch(self, name: str, batch: str) -> NoteBatch:
        return collate(self.sequences(name, batch))

    def target(self, batch: str) -> torch.Tensor:
        return torch.from_numpy(self.batches[f"{batch}.target"])

    def output(self, key: str) -> torch.Tensor:
        return torch.from_numpy(self.outputs[key])


def fill(name: str, shape: list[int]) -> torch.Tensor:
    """Values of a tensor by its canonical name: the fill rule."""
    word = np.uint64(0xFFFFFFFF)
    start = np.uint64(zlib.crc32(name.encode()))
    x = (np.arange(np.prod(shape), dtype=np.uint64) * np.uint64(2654435761) + start) & word
    for _ in range(2):
        x = ((x ^ (x >> np.uint64(16))) * np.uint64(0x45D9F3B)) & word
    x ^= x >> np.uint64(16)
    scale = 1.0 if name.endswith(".context") else 0.1 if len(shape) == 1 else 3.0 / np.sqrt(shape[-1])
    return torch.from_numpy((scale * (x / 2.0**31 - 1.0)).astype(np.float32).reshape(shape))


def performance(rng: np.random.Generator, notes: int, width: int = 9) -> NoteSequence:
    """A random performance: beats of a few notes, measures of a few beats, voices with gaps, some notes without."""
    beat = np.cumsum(rng.random(notes) < 0.4)
    measure = np.cumsum(rng.random(beat[-1] + 1) < 0.3)[beat]
    voice = rng.choice([0, 1, 2, 5], notes, p=[0.1, 0.4, 0.3, 0.2])
    return note_sequence("random", rng.normal(size=(notes, width)), beat, measure, voice)
