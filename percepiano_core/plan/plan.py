"""What a run of the workflow does, from a configuration and the corpora that are there; it knows nothing of rules.

The rules ask a `Plan` for files and parameters; it looks at names and tables alone, never into music or sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from percepiano_core.digest import block_digest, code_digest
from percepiano_core.errors import UserError
from percepiano_core.plan import inputs, pretraining
from percepiano_core.plan.configuration import checked_configuration
from percepiano_core.plan.corpora import RatedCorpus, rated_corpus
from percepiano_core.plan.embeddings import Embedding, configured_embeddings
from percepiano_core.plan.job import jobs_module
from percepiano_core.plan.models import Model, check_name
from percepiano_core.plan.pretraining import Encoder, Pretraining
from percepiano_core.plan.recordings import OwnRecordings, Renderings, own_parameter
from percepiano_core.plan.runs import PREDICTION_FILES, SHUFFLED, Run, all_runs, member_runs, run_files
from percepiano_core.plan.spectrograms import HEARD_INPUTS, Spectrograms
from percepiano_core.plan.splits import PIECES, PlannedSplit, piece_split, rating_splits
from percepiano_core.plan.tracks import Track, track_named
from percepiano_core.plan.transcriptions import TRANSCRIPTION, Transcriptions
from percepiano_core.training.run_folder import WEIGHTS_FILE

RUN_SCRIPT = "run_model.py"
Config = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A run of the workflow.

    Attributes
    ----------
    config : checked, defaults filled in
    models : name -> model, in the order of the configuration
    corpus : the rated one
    code : folder that holds workflow_scripts
    report : is told what is left out
    """

    config: Config
    models: dict[str, Model]
    corpus: RatedCorpus
    code: Path
    report: Callable[[str], None]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Name of each label file -> the derivation that it comes from; shuffled ones say so in their names."""
        seed = self.config["ratings"]["shuffle_seed"]
        return {name if seed is None else f"{name}{SHUFFLED}{seed}": name for name in self.config["ratings"]["labels"]}

    @cached_property
    def rating_splits(self) -> dict[str, PlannedSplit]:
        """Label -> split of the rated corpus."""
        return rating_splits(self.config["splits"], self.corpus)

    @cached_property
    def splits(self) -> dict[str, PlannedSplit]:
        """Label -> split, that of the recordings of dynamics among them."""
        return self.rating_splits | {PIECES: piece_split(self.config["dynamics"]["folds"])}

    @cached_property
    def splits_of_problems(self) -> dict[str, list[PlannedSplit]]:
        """What models predict -> the splits that they run on."""
        return {"perception": list(self.rating_splits.values()), "dynamics": [self.splits[PIECES]]}

    def systems(self, kind: str) -> list[tuple[str, str, list[str]]]:
        """Systems with models of a kind, so that no rule is made in vain: name, what they predict, their models."""
        models: dict[tuple[str, str], list[str]] = {}
        for model in self.models.values():
            if model.kind == kind:
                models.setdefault((model.system, model.problem), []).append(model.name)
        return [(*key, names) for key, names in models.items()]

    @property
    def gpus(self) -> int:
        """GPUs that a job of a trained model asks for."""
        return int(self.config["device"] == "gpu")

    @cached_property
    def tracks(self) -> dict[str, Track]:
        """The configured tracks of dynamics whose corpora are there; those that are left out are reported."""
        found = {}
        for name in self.config["dynamics"]["tracks"]:
            track = track_named(name, self.config["corpora"], self.corpus)
            if track.blocks:
                found[name] = track
            else:
                self.report(f"dynamics track {name}: left out, its corpus is not at {track.place}")
        return found

    @cached_property
    def pretraining(self) -> Pretraining:
        """Pre-training on unlabelled performances."""
        return Pretraining(self.config["pretraining"], self.config["corpora"])

    @cached_property
    def renderings(self) -> Renderings:
        """Sound made of MIDI files."""
        return Renderings(self.config["rendering"], self.config["corpora"], self.corpus, self.pretraining)

    @cached_property
    def spectrograms(self) -> Spectrograms:
        """Spectrograms of the rated performances."""
        return Spectrograms(self.config["audio"], self.renderings, self.embeddings)

    @cached_property
    def embeddings(self) -> dict[str, Embedding]:
        """Vectors by frozen encoders."""
        return configured_embeddings(self.config["embeddings"])

    @cached_property
    def transcriptions(self) -> Transcriptions:
        """Transcriptions of the rated performances."""
        return Transcriptions(self.config["transcription"], self.spectrograms, self.rating_splits)

    @property
    def running(self) -> list[Model]:
        """The models that run somewhere."""
        somewhere = {run.model for run in self.runs}
        return [model for model in self.models.values() if model.name in somewhere]

    @property
    def hearing(self) -> list[Model]:
        """The models among them that hear the rated performances."""
        return [model for model in self.running if self._hears(model)]

    @cached_property
    def own(self) -> OwnRecordings:
        """Recordings of one's own."""
        return OwnRecordings(Path(self.config["corpora"]["recordings"]))

    @cached_property
    def runs(self) -> list[Run]:
        """Every run of every model that has what it starts from."""
        data = {"perception": list(self.labels), "dynamics": list(self.tracks)}
        runs = list(all_runs(self._running, data, self.splits_of_problems))
        somewhere = {run.model for run in runs}
        nowhere = [model.name for model in self._running if model.name not in somewhere and data[model.problem]]
        if nowhere:
            self.report(f"run nowhere, for none of their data or none of their splits is here: {', '.join(nowhere)}")
        return runs

    def runs_of(self, problem: str, kind: str | None = None) -> list[Run]:
        """The runs of a problem, of one kind of model if it is named."""
        kinds = ("fit", "train", "combine") if kind is None else (kind,)
        found = (self.models[run.model] for run in self.runs)
        return [r for r, m in zip(self.runs, found, strict=True) if m.problem == problem and m.kind in kinds]

    def predictions(self, problem: str) -> list[str]:
        """Every prediction file of a problem: what its tables are made from."""
        return [f"{run.folder}/{PREDICTION_FILES[problem]['predictions']}" for run in self.runs_of(problem)]

    def run_files(self, problem: str, kind: str) -> dict[str, str]:
        """Name -> file of what a job writes into a run's folder."""
        return run_files(problem, kind)

    def run_inputs(self, model: str, data: str, split: str) -> dict[str, Any]:
        """What a job of a model reads: name -> file or files; UserError for a combination that lacks a member."""
        entry = self.models[model]
        if entry.kind == "combine":
            members = [self.models[name] for name in entry.members]
            return inputs.of_members(member_runs(entry, members, data, self.splits[split]), entry.problem)
        if entry.problem == "dynamics":
            return inputs.of_recordings(self.tracks[data], entry)
        return inputs.of_ratings(data, split, entry, self.spectrograms)

    def run_parameter(self, model: str, data: str, split: str, seed: str) -> dict[str, Any]:
        """What is recorded of a job's runs beside their files; whatever changes it makes them run again."""
        entry = self.models[model]
        return {
            "system": entry.system,
            "data": data,
            "model": model,
            "split": split,
            "seed": int(seed),
            "module": entry.module,
            "inputs": self.inputs_of(entry),
            "settings": entry.settings,
            "corpus": self._corpus_kind(data),
            "config_digest": self.run_digest(model, split),
            "code_digest": self.code_of(model),
        }

    def run_digest(self, model: str, split: str) -> str:
        """Hash of all settings that a run's numbers depend on: corpus, labels, alignment, split, model."""
        entry, config = self.models[model], self.config
        made_by = {"module": entry.module, "inputs": self.inputs_of(entry), "settings": entry.settings}
        if entry.problem == "dynamics":
            shared = {key: config["dynamics"][key] for key in ("protocol", "leave_out_unreliable")}
        else:
            shared = {key: config[key] for key in ("ratings", "alignment")} | {"kind": self.corpus.kind}
        if self._hears(entry):
            shared |= {"sound": self.spectrograms.digested(entry)}
        planned = self.splits[split]
        return block_digest({**shared, "split": [planned.name, planned.parameters], "model": made_by})

    def inputs_of(self, model: Model) -> str:
        """What a model is given, for a reader: of sound, on which instruments it learns and is tested."""
        if self.reads_transcriptions(model):
            return f"{model.inputs} ({'learned from' if model.learned_on else 'tested on'} transcriptions)"
        return f"{model.inputs} ({self.spectrograms.told(model)})" if self._hears(model) else model.inputs

    def pretraining_parameter(self, name: str) -> dict[str, Any]:
        """The same of the pre-training of an encoder."""
        module = f"percepiano_core.{self.pretraining.encoders[name].module}"
        digest = _code_digest(self.script("pretrain_encoder.py"), module)
        return self.pretraining.parameter(name) | {"code_digest": digest}

    def pretraining_inputs(self, name: str) -> dict[str, Any]:
        """What an encoder learns from: name -> file or files."""
        encoder = self.pretraining.encoders[name]
        if encoder.inputs == "mel":
            return {"mel": self.spectrograms.unlabelled(encoder.settings)}
        return {"words": pretraining.WORDS}

    def code_of(self, model: str) -> str:
        """Hash of the code that a model's job reaches: the script, the jobs of its kind, its own module."""
        entry = self.models[model]
        jobs = jobs_module(entry.kind, entry.problem)
        return _code_digest(self.script(RUN_SCRIPT), jobs, f"percepiano_core.{entry.module}")

    def code_of_embedding(self, name: str) -> str:
        """Hash of the code that makes an embedding."""
        module = self.embeddings[name].module
        modules = [f"percepiano_core.{module}"] if module else []
        return _code_digest(self.script("embed.py"), *modules)

    def script(self, name: str) -> Path:
        """A script of the workflow."""
        return self.code / "workflow_scripts" / name

    def track_examples(self, track: str) -> list[str]:
        """Containers of the recordings of a track; none where its corpus is not there."""
        return self.tracks[track].examples if track in self.tracks else []

    @property
    def listener_weights(self) -> str:
        """Weights that listen to recordings of one's own: the configured ones, or those of a network of track T1."""
        named = self.config["dynamics"]["weights"]
        trained = [run for run in self.runs_of("dynamics", "train") if run.data == "T1"]
        if named is None and not trained:
            problem = "nothing here has learned to listen"
            raise UserError(self.own.folder, problem, "name weights (dynamics: weights)")
        return named or f"{trained[0].folder}/{WEIGHTS_FILE}"

    @property
    def own_parameter(self) -> dict[str, Any]:
        """What is recorded of the run on recordings of one's own."""
        return own_parameter(self.config["dynamics"], _code_digest(self.script("listen_to_recordings.py")))

    @cached_property
    def listing_digest(self) -> str:
        """Changes when a performance comes, goes or is renamed, not when a file's content changes."""
        return block_digest({each.performance: asdict(each) for each in self.corpus.performances})

    @property
    def config_digest(self) -> str:
        """Hash of the whole configuration, models with their resolved settings."""
        settings = {name: model.settings for name, model in self.models.items()}
        return block_digest({**self.config, "settings": settings})

    def histories(self) -> list[str]:
        """The course of every training: of every trained model, and of the pre-training that one starts from."""
        trained = [f"{run.folder}/history.csv" for run in self.runs if self.models[run.model].kind == "train"]
        begun = [pretraining.WEIGHTS.format(encoder=each.name) for each in self.begun_from]
        return trained + [str(Path(name).with_name("history.csv")) for name in begun]

    @property
    def files_begun_from(self) -> set[str]:
        """Files that the settings of running models, or of the embeddings that they are given, name."""
        given = [self.embeddings[model.embedding].files for model in self.running if model.embedding]
        return {name for files in (*given, *(model.files for model in self.running)) for name in files}

    @property
    def begun_from(self) -> list[Encoder]:
        """The encoders among them that are pre-trained here."""
        files = self.files_begun_from
        return [e for e in self.pretraining.encoders.values() if pretraining.WEIGHTS.format(encoder=e.name) in files]

    def _corpus_kind(self, data: str) -> str:
        return (
            "synthetic" if data == "synthetic" or (data in self.labels and self.corpus.kind == "synthetic") else "real"
        )

    @cached_property
    def _running(self) -> list[Model]:
        """The models that have what they need, in order; what is left out is reported, once."""
        left_out: dict[str, str] = {}
        for model in self.models.values():
            if reason := self._lacking(model, left_out):
                left_out[model.name] = reason
                self.report(f"model {model.name}: left out, {reason}")
        return [model for model in self.models.values() if model.name not in left_out]

    def _lacking(self, model: Model, left_out: Mapping[str, str]) -> str:
        """What keeps a model from running: a package, a file that is not there and cannot be made, a member."""
        embedding = self.embeddings.get(model.embedding)
        for package in (*model.needs, *(embedding.needs if embedding else ())):
            if find_spec(package) is None:
                return f"{package} is not installed (pip install -e '.[{package}]')"
        for name in (*model.files, *(embedding.files if embedding else ())):
            if not Path(name).exists() and not self.pretraining.makes(name):
                return f"no {name}, and no collection of performances to learn it from (pretraining)"
            encoder = self.pretraining.encoder_of(name)
            if encoder is not None and encoder.inputs == "mel" and (reason := self.spectrograms.lacking_unlabelled()):
                return reason
        if self._hears(model) and (reason := self.spectrograms.lacking(model)):
            return reason
        if model.inputs == "descriptors":
            for key in ("learned_on", "tested_on"):
                check_name(f"models.{model.name}.{key}", getattr(model, key), ["", TRANSCRIPTION], "what it can hear")
        if self.reads_transcriptions(model) and (reason := self.transcriptions.lacking):
            return reason
        return next((f"its member {name} is" for name in model.members if name in left_out), "")

    def reads_transcriptions(self, model: Model) -> bool:
        """Whether a model of descriptors learns from transcriptions, or is tested on them."""
        return "descriptors" in model.input_kinds and TRANSCRIPTION in (model.learned_on, model.tested_on)

    def _hears(self, model: Model) -> bool:
        return bool(set(HEARD_INPUTS) & set(model.input_kinds))


_code_digest = cache(code_digest)  # asked for every job; code does not change while a workflow is planned


def make_plan(config: Config, code: Path | str, report: Callable[[str], None]) -> Plan:
    """The plan of a configuration, whose defaults are filled in in place; UserError, one line, if it cannot be run.

    code : the folder of the workflow; report : is told, once each, what is left out
    """
    code = Path(code)
    models = checked_configuration(config, code / "rules/schemas/config.schema.yaml")
    plan = Plan(config, models, rated_corpus(config["corpora"]["rated"], report), code, report)
    plan.own.check_paths()
    return plan
