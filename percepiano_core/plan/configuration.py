"""The configuration, checked before any work: keys, values, models with their settings, members, splits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percepiano_core.config import check_config, fill_defaults, read_schema
from percepiano_core.errors import UserError
from percepiano_core.plan.embeddings import configured_embeddings
from percepiano_core.plan.models import Model, configured_models
from percepiano_core.plan.pretraining import configured_encoders
from percepiano_core.wording import nearest


def checked_configuration(config: dict[str, Any], schema: Path | str) -> dict[str, Model]:
    """Fill the configuration's defaults in place, and its models; UserError, one line, for the first thing wrong."""
    known = read_schema(schema)
    check_config(config, known)
    fill_defaults(config, known)
    models = configured_models(config["models"])
    _check_planned(config["planned"], models)
    _check_ablations(config["ablations"], models, config)
    configured_encoders(config["pretraining"]["encoders"])
    configured_embeddings(config["embeddings"])
    return models


def _check_planned(planned: Mapping[str, Any], models: Mapping[str, Model]) -> None:
    both = sorted(set(planned) & set(models))
    if both:
        raise UserError("configuration", f"planned.{both[0]}: there is a model of this name", "take one of them out")


def _check_ablations(ablations: Mapping[str, Any], models: Mapping[str, Model], config: Mapping[str, Any]) -> None:
    rows = [*(name for name, model in models.items() if model.problem == "perception"), *config["planned"]]
    for name, entry in ablations.items():
        for step in entry["steps"]:
            if step["model"] not in rows:
                problem = f"ablations.{name}: there is no model of ratings '{step['model']}'"
                raise UserError("configuration", problem, nearest(step["model"], rows))
