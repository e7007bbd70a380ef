"""The models of a configuration: one shape of entry for all systems, checked and resolved before any work.

An entry names a module below percepiano_core. What the module has decides how it runs: `fit_predict` or `prepare` is
fitted, all folds of a split in one job; `train_fold` is trained, a job a fold and seed; `combine` reads the predictions
of other models. Its `Settings` declare what may be set (training/settings.py), its `INPUTS` what it can be given, its
`NEEDS` the packages that it cannot do without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from percepiano_core.config import check_config
from percepiano_core.errors import UserError
from percepiano_core.plan.splits import PIECES
from percepiano_core.plan.tracks import EXAMPLES
from percepiano_core.ratings.derivations import DERIVATIONS
from percepiano_core.splits.build import SPLITS
from percepiano_core.training.settings import named_files, resolved, schema_of
from percepiano_core.wording import nearest

PACKAGE = Path(__file__).resolve().parents[1]
KINDS = {"fit_predict": "fit", "prepare": "fit", "train_fold": "train", "combine": "combine"}
"""Function of a module -> the kind of job that calls it; a module that trains may have `prepare` beside it."""
PROBLEMS = {"symbolic": "perception", "audio": "perception", "perception": "perception", "dynamics": "dynamics"}
"""First part of a module's name, the system -> what it predicts: ratings, or dynamics and beats."""
PREDICTED = {"perception": "ratings", "dynamics": "dynamics"}

PLACES = {
    "perception": {"data": sorted(DERIVATIONS), "splits": sorted(SPLITS)},
    "dynamics": {"data": sorted(EXAMPLES), "splits": [PIECES]},
}
"""What models predict -> the data and splits that their entries may name."""


@dataclass(frozen=True)
class Model:
    """A model of the configuration.

    Attributes
    ----------
    name, title : key in files, name in tables
    module : below percepiano_core
    kind : "fit", "train" or "combine"
    inputs : what it is given, joined by "+"
    settings : resolved, so that nothing but what it depends on is among them
    seeds : a run each
    data : label derivations or tracks that it runs on; none named: all of its problem
    splits : the same of splits
    limits : split -> {"folds": names, "seeds": numbers}, where all would take too long
    files : files that its settings name, which a run reads
    needs : packages that it cannot do without
    learned_on, tested_on : instruments that it hears, to learn and to be tested; "": the usual one, the same
    embedding : name of the embedding that it is given, if it is given one
    """

    name: str
    title: str
    module: str
    kind: str
    inputs: str
    settings: dict[str, Any]
    seeds: tuple[int, ...]
    data: tuple[str, ...]
    splits: tuple[str, ...]
    limits: dict[str, dict[str, Any]]
    files: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    learned_on: str = ""
    tested_on: str = ""
    embedding: str = ""

    @property
    def system(self) -> str:
        """The system that it belongs to."""
        return self.module.partition(".")[0]

    @property
    def problem(self) -> str:
        """What it predicts: "perception" or "dynamics"."""
        return PROBLEMS[self.system]

    @property
    def members(self) -> tuple[str, ...]:
        """The models that it combines; none of a model that reads no predictions."""
        return tuple(self.settings["members"]) if self.kind == "combine" else ()

    @property
    def input_kinds(self) -> tuple[str, ...]:
        """What it is given, one by one."""
        return tuple(self.inputs.split("+"))


def configured_models(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Model]:
    """Name -> model, in the order of the configuration; UserError, one line, for what cannot be run."""
    models = {name: configured_model(name, entry) for name, entry in entries.items()}
    for model in models.values():
        for member in model.members:
            check_name(f"models.{model.name}.settings.members", member, list(models), "a model")
            if models[member].problem != model.problem:
                problem = f"its member {member} predicts something else"
                raise UserError(f"model {model.name}", problem, f"combine models of {PREDICTED[model.problem]}")
    for name in models:
        _check_circle([name], models)
    return models


def configured_model(name: str, entry: Mapping[str, Any]) -> Model:
    """One entry, its settings checked against their declaration and resolved."""
    _check_module(name, entry["module"])
    module = _imported(name, entry["module"])
    _check_inputs(name, entry["inputs"], getattr(module, "INPUTS", ()))
    settings = resolved_settings(entry["module"], entry["settings"], f"models.{name}.settings")
    _check_conflict(name, module, settings, entry["inputs"])
    _check_places(name, entry)
    return Model(
        name=name,
        title=entry["title"],
        module=entry["module"],
        kind=module_kind(module),
        inputs=entry["inputs"],
        settings=settings,
        seeds=tuple(entry["seeds"]),
        data=tuple(entry["data"]),
        splits=tuple(entry["splits"]),
        limits={split: dict(limit) for split, limit in entry["limits"].items()},
        files=tuple(named_files(module.Settings, settings)) if hasattr(module, "Settings") else (),
        needs=tuple(getattr(module, "NEEDS", ())),
        learned_on=entry["learned_on"],
        tested_on=entry["tested_on"],
        embedding=entry["embedding"],
    )


def resolved_settings(name: str, values: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Settings of a module below percepiano_core, presets and defaults put in; UserError where they are wrong.

    place : where they stand in the configuration
    """
    declaration = getattr(import_module(f"percepiano_core.{name}"), "Settings", None)
    if declaration is None:
        if values:
            raise UserError("configuration", f"{place}: {name} has no settings", "leave them out")
        return {}
    check_config(values, schema_of(declaration), place)
    return resolved(declaration, values)


def module_kind(module: Any) -> str:
    """How a module of a model runs: "train" before "fit", since training may prepare too."""
    kinds = [kind for function, kind in KINDS.items() if hasattr(module, function)]
    return next(kind for kind in ("train", "combine", "fit") if kind in kinds)


def model_modules() -> tuple[str, ...]:
    """Every module below percepiano_core that a configuration may name as that of a model."""
    return modules_with(*KINDS)


@cache
def modules_with(*names: str) -> tuple[str, ...]:
    """Modules of systems with one of these functions, which takes `settings`; found without importing any."""
    found = []
    functions = re.compile(rf"^def ({'|'.join(names)})\(.*?\bsettings: Mapping", re.MULTILINE | re.DOTALL)
    for system in sorted(PROBLEMS):
        for path in sorted((PACKAGE / system).rglob("*.py")):
            match = functions.search(path.read_text(encoding="utf-8"))
            if match and "\ndef " not in match.group(0)[4:]:
                found.append(".".join(path.relative_to(PACKAGE).with_suffix("").parts))
    return tuple(found)


def _check_conflict(name: str, module: Any, settings: Mapping[str, Any], inputs: str) -> None:
    """UserError where a module says that its settings do not go with the inputs."""
    problem = module.conflict(settings, inputs) if hasattr(module, "conflict") else ""
    if problem:
        raise UserError(f"model {name}", problem, f"its inputs are {inputs}; change one of the two")


def _check_module(name: str, module: str) -> None:
    """UserError for what is no module of a model, though there may be a file of that name."""
    if module not in model_modules() and (PACKAGE / f"{module.replace('.', '/')}.py").is_file():
        problem = f"its module {module} has no function of a model that takes `settings: Mapping`"
        raise UserError(f"model {name}", problem, f"give it one of {', '.join(KINDS)} (docs/new_model.md)")
    check_name(f"models.{name}.module", module, model_modules(), "a module of a model")


def _check_places(name: str, entry: Mapping[str, Any]) -> None:
    """UserError for data or a split, limited ones too, of another problem than the one that the model's system has."""
    problem = PROBLEMS[entry["module"].partition(".")[0]]
    for key, known in PLACES[problem].items():
        for value in entry[key]:
            check_name(f"models.{name}.{key}", value, known, f"among the {key} of models of {PREDICTED[problem]}")
    for split in entry["limits"]:
        check_name(f"models.{name}.limits", split, PLACES[problem]["splits"], "a split of such models")


def _check_circle(path: list[str], models: Mapping[str, Model]) -> None:
    """UserError for a combination that is, by its members, made of itself."""
    for member in models[path[-1]].members:
        if member == path[0]:
            problem = f"is made of itself ({' of '.join([*path, member])})"
            raise UserError(f"model {path[0]}", problem, "take it out of the members")
        if member not in path:
            _check_circle([*path, member], models)


def _imported(name: str, module: str) -> Any:
    """The module of a model; UserError, one line, for one that cannot be imported, whatever is wrong with it."""
    try:
        return import_module(f"percepiano_core.{module}")
    except ImportError as error:
        remedy = "install what it needs, or import it inside the functions that need it"
        raise UserError(f"model {name}", f"its module {module} cannot be imported ({error})", remedy) from None
    except Exception as error:  # a module of the user's own may fail in any way
        problem = f"its module {module} cannot be imported ({type(error).__name__}: {error})"
        raise UserError(f"model {name}", problem, "mend it") from None


def _check_inputs(name: str, inputs: str, possible: Sequence[str]) -> None:
    if possible:
        check_name(f"models.{name}.inputs", inputs, possible, "an input of its module")


def check_name(place: str, name: str, known: Sequence[str], what: str) -> None:
    """UserError for a name in the configuration that is not `what`."""
    if name not in known:
        raise UserError("configuration", f"{place}: '{name}' is not {what}", nearest(name, known))
