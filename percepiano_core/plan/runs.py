"""The runs that follow from a configuration: a model, on data, on a split, of a fold, with a seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from percepiano_core.errors import UserError
from percepiano_core.plan.models import Model
from percepiano_core.plan.splits import PlannedSplit
from percepiano_core.training.run_folder import HISTORY_FILE, RUN_FILE, WEIGHTS_FILE

RUN_FOLDER = "results/runs/{system}/{data}/{model}/{split}/fold{fold}/seed{seed}"
PREDICTION_FILES = {
    "perception": {"predictions": "predictions.csv", "valid": "valid.csv"},
    "dynamics": {"predictions": "predictions.h5"},
}
"""What a model predicts -> the files of its predictions, by the name that rules give them."""
SHUFFLED = "_shuffled"  # before the seed, in the name of shuffled labels
TRAINING_FILES = {"history": HISTORY_FILE, "weights": WEIGHTS_FILE}


@dataclass(frozen=True)
class Run:
    """One run."""

    system: str
    data: str
    model: str
    split: str
    fold: str
    seed: int

    @property
    def folder(self) -> str:
        """Its folder."""
        return RUN_FOLDER.format(**vars(self))


def run_files(problem: str, kind: str) -> dict[str, str]:
    """Name -> file of what a job of a kind writes into the folder of a run."""
    return {**PREDICTION_FILES[problem], "run": RUN_FILE, **(TRAINING_FILES if kind == "train" else {})}


def model_runs(model: Model, data: str, split: PlannedSplit) -> list[Run]:
    """The runs of a model on data and a split, in order of fold and seed; none where its entry leaves them out.

    UserError for a limit that names a fold which the split does not have, or folds of a model that is not trained.
    """
    derivation = data.partition(SHUFFLED)[0]  # entries name label derivations, shuffled or not
    if (model.splits and split.name not in model.splits) or (model.data and derivation not in model.data):
        return []
    limit = model.limits.get(split.name, {})
    folds: Sequence[str] = limit.get("folds", split.folds)
    if set(folds) - set(split.folds) or ("folds" in limit and model.kind != "train"):
        known = ", ".join(split.folds) if model.kind == "train" else "all together"
        problem = f"{model.name} on {split.name} is run by fold {known}, not by {', '.join(folds)}"
        raise UserError("limits", problem, "name some of these, or leave `folds` out")
    seeds = limit.get("seeds", model.seeds)
    return [Run(model.system, data, model.name, split.label, fold, seed) for fold in folds for seed in seeds]


def all_runs(
    models: Iterable[Model], data: Mapping[str, Sequence[str]], splits: Mapping[str, Sequence[PlannedSplit]]
) -> Iterator[Run]:
    """Every run of the models; `data` and `splits` name those of each problem ("perception", "dynamics")."""
    for model in models:
        for each in data[model.problem]:
            for split in splits[model.problem]:
                yield from model_runs(model, each, split)


def member_runs(model: Model, members: Sequence[Model], data: str, split: PlannedSplit) -> list[Run]:
    """Runs of the models that a combination is made of; UserError for a member that is not run there on all folds."""
    found = []
    for member in members:
        runs = model_runs(member, data, split)
        missing = set(split.folds) - {run.fold for run in runs}
        if missing:
            where = split.name if len(missing) == len(split.folds) else f"fold {min(missing)} of {split.name}"
            problem = f"its member {member.name} is not run on {where}"
            raise UserError(f"model {model.name}", problem, "run it there, or leave the split out of the combination")
        found += runs
    return found
