"""What is heard of the rated performances: on which instruments, in which shards of spectrograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from percepiano_core.errors import UserError
from percepiano_core.plan.batches import batch, batches_of
from percepiano_core.plan.embeddings import QUALITY as EMBEDDED_QUALITY
from percepiano_core.plan.embeddings import TABLE as EMBEDDED
from percepiano_core.plan.embeddings import Embedding
from percepiano_core.plan.models import Model, check_name
from percepiano_core.plan.recordings import RENDERED, RENDERED_QUALITY, RENDERED_TABLE, UNLABELLED, Renderings
from percepiano_core.sound.recording_files import recordings_of
from percepiano_core.wording import nearest

SHARD = "results/mel/{front_end}/{corpus}/{instrument}/{batch}.h5"
SHARD_QUALITY = "results/quality/mel/{front_end}_{corpus}_{instrument}_{batch}.csv"
STATISTICS = "results/features/mel/{front_end}_{instrument}.csv"
RECORDINGS = "recordings"  # the "instrument" of performances that were recorded
HEARD_INPUTS = ("mel", "mel_statistics", "embedding")  # inputs of a model that are made of sound


@dataclass(frozen=True)
class Spectrograms:
    """Spectrograms as configured: the block `audio`, what can be rendered, and the embeddings made of them."""

    block: Mapping[str, Any]
    renderings: Renderings
    embeddings: Mapping[str, Embedding]

    @cached_property
    def recordings(self) -> dict[str, Path]:
        """Name of each rated performance that has a recording -> the file; none where no folder is named."""
        folder = self.block["recordings"]
        return recordings_of(self.renderings.files("rated"), folder) if folder else {}

    @property
    def instruments(self) -> list[str]:
        """What performances can be heard on: the configured instruments, and recordings where they are named."""
        return [*self.renderings.instruments, *([RECORDINGS] if self.block["recordings"] else [])]

    @property
    def usual(self) -> str:
        """The instrument that is heard where a model names none."""
        return str(self.block["instrument"] or self.renderings.usual)

    def learned_on(self, model: Model) -> str:
        """The instrument that a model learns from."""
        return self._known(model.learned_on or self.usual)

    def tested_on(self, model: Model) -> str:
        """The instrument that a model's test role is heard on."""
        return self._known(model.tested_on) if model.tested_on else self.learned_on(model)

    def batches(self, corpus: str, instrument: str) -> list[int]:
        """Numbers of the shards."""
        if instrument != RECORDINGS:
            return self.renderings.batches(corpus)
        return batches_of(list(self.recordings), list(self.recordings), self._files_a_job)

    def recorded(self, instrument: str, number: int) -> dict[str, Path]:
        """The recordings of a shard by the names of their performances; none where they are rendered."""
        return dict(batch(list(self.recordings.items()), self._files_a_job, number)) if instrument == RECORDINGS else {}

    def sound(self, corpus: str, instrument: str, number: int) -> dict[str, Any]:
        """Files that a shard is made from: renderings and their table, or recordings."""
        if instrument == RECORDINGS:
            return {"recordings": [str(path) for path in self.recorded(instrument, number).values()]}
        named = {"corpus": corpus, "instrument": instrument, "batch": number}
        return {"audio": [RENDERED.format(**named)], "tables": [RENDERED_TABLE.format(**named)]}

    def shards(self, front_end: str, instrument: str, corpus: str = "rated") -> list[str]:
        """Every shard of a corpus on an instrument."""
        return self._of_batches(SHARD, front_end, instrument, corpus)

    def unlabelled(self, settings: Mapping[str, Any]) -> list[str]:
        """Every shard of what an encoder of these settings learns from, on the usual instrument."""
        return self.shards(settings["front_end"], self.renderings.usual, UNLABELLED)

    def unlabelled_quality(self, settings: Mapping[str, Any]) -> list[str]:
        """Lists of what such an encoder cannot hear."""
        patterns, named = (RENDERED_QUALITY, SHARD_QUALITY), (settings["front_end"], self.renderings.usual, UNLABELLED)
        return [path for pattern in patterns for path in self._of_batches(pattern, *named)]

    def statistics(self, instrument: str) -> str:
        """Table of the statistics of all spectrograms on an instrument."""
        return STATISTICS.format(front_end=self.block["front_end"], instrument=instrument)

    def quality(self, models: Sequence[Model]) -> list[str]:
        """Lists of what cannot be heard by some models."""
        found = []
        for model in models:
            if model.embedding:
                found += [EMBEDDED_QUALITY.format(embedding=model.embedding, instrument=self.learned_on(model))]
            if model.embedding and self.embeddings[model.embedding].folder:
                continue
            front_end = self.front_end(model)
            for instrument in (self.learned_on(model), self.tested_on(model)):
                found += self._of_batches(SHARD_QUALITY, front_end, instrument, "rated")
                if instrument != RECORDINGS:
                    found += self._of_batches(RENDERED_QUALITY, front_end, instrument, "rated")
        return list(dict.fromkeys(found))

    def given(self, model: Model) -> dict[str, Any]:
        """What a model hears, to learn from and (where it is another instrument) to be tested on: name -> files."""
        files: dict[str, Any] = {}
        learned, tested = self.learned_on(model), self.tested_on(model)
        heard = {"": learned} if learned == tested else {"": learned, "tested_": tested}
        for prefix, instrument in heard.items():
            if "mel" in model.input_kinds:
                files[f"{prefix}mel"] = self.shards(self.front_end(model), instrument)
            if "mel_statistics" in model.input_kinds:
                files[f"{prefix}mel_statistics"] = self.statistics(instrument)
            if "embedding" in model.input_kinds:
                files[f"{prefix}embedding"] = EMBEDDED.format(embedding=model.embedding, instrument=instrument)
        return files

    def embedded(self, name: str, instrument: str) -> dict[str, Any]:
        """What the vectors of an embedding are made from: spectrograms and weights, or the user's own vectors."""
        entry = self.embeddings[name]
        if entry.folder:
            return {"vectors": [str(path) for path in self.own_vectors(name).values()]}
        return {"mel": self.shards(entry.settings["front_end"], instrument), "named": list(entry.files)}

    def own_vectors(self, name: str) -> dict[str, Path]:
        """Performance -> the user's own vector of it; none of an embedding by a module."""
        entry = self.embeddings[name]
        return entry.vectors(self.renderings.files("rated")) if entry.folder else {}

    def told(self, model: Model) -> str:
        """On which instruments a model hears, for a reader."""
        learned, tested = self.learned_on(model), self.tested_on(model)
        heard = learned if learned == tested else f"{learned}, tested on {tested}"
        if not model.embedding:
            return heard
        return model.embedding if self.embeddings[model.embedding].folder else f"{model.embedding}, {heard}"

    def digested(self, model: Model) -> dict[str, Any]:
        """Everything configured that the sound of a model depends on."""
        heard = {self.learned_on(model), self.tested_on(model)}
        fonts = {name: font for name, font in self.renderings.instruments.items() if name in heard}
        return {
            **self.renderings.settings,
            "fonts": fonts,
            "heard": self.told(model),
            "front_end": self.front_end(model),
        }

    def front_end(self, model: Model) -> str:
        """The front end of a model's spectrograms."""
        settings = self.embeddings[model.embedding].settings if model.embedding else model.settings
        return str(settings.get("front_end", self.block["front_end"]))

    def lacking(self, model: Model) -> str:
        """Why a model cannot hear: a program, a package or a sound font that is not installed; "" where it can.

        UserError for an embedding or an instrument that there is not.
        """
        if "embedding" in model.input_kinds:
            check_name(f"models.{model.name}.embedding", model.embedding, list(self.embeddings), "an embedding")
            if self.embeddings[model.embedding].folder:
                return ""
        return self._lacking({self.learned_on(model), self.tested_on(model)} - {RECORDINGS})

    def lacking_unlabelled(self) -> str:
        """The same of what encoders learn from."""
        return self._lacking({self.renderings.usual})

    def lacking_usual(self) -> str:
        """The same of the instrument that is heard where none is named."""
        return self._lacking({self.usual} - {RECORDINGS})

    def _lacking(self, instruments: set[str]) -> str:
        try:
            for instrument in sorted(instruments):
                self.renderings.font(instrument), self.renderings.program
        except UserError as error:
            return str(error)
        return ""

    @property
    def _files_a_job(self) -> int:
        return int(self.renderings.block["files_a_job"])

    def _of_batches(self, pattern: str, front_end: str, instrument: str, corpus: str) -> list[str]:
        named = {"front_end": front_end, "instrument": instrument, "corpus": corpus}
        return [pattern.format(**named, batch=number) for number in self.batches(corpus, instrument)]

    def _known(self, instrument: str) -> str:
        if instrument not in self.instruments:
            remedy = nearest(instrument, self.instruments)
            raise UserError("configuration", f"there is no instrument {instrument} (rendering.instruments)", remedy)
        return instrument
