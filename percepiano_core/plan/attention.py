"""Pictures of where networks of spectrograms look: of which models, on which performances, from which files."""

from __future__ import annotations

from typing import Any

from percepiano_core.plan.plan import Plan
from percepiano_core.training.run_folder import WEIGHTS_FILE

FIGURE = "results/figures/attention_{model}.svg"
FEW = 3  # performances that are drawn where none is named


def attended(plan: Plan) -> list[str]:
    """Performances whose attention is drawn: the configured ones, else some from all over the corpus."""
    every = [each.performance for each in plan.corpus.performances]
    return list(plan.config["audio"]["attended"]) or every[:: max(1, len(every) // FEW)][:FEW]


def inputs(plan: Plan, model: str) -> dict[str, Any]:
    """What the attention of a network is drawn from: its first run, what it hears, alignments."""
    run = next(run for run in plan.runs if run.model == model)
    segment = {each.performance: each.segment for each in plan.corpus.performances}
    return {
        "weights": f"{run.folder}/{WEIGHTS_FILE}",
        "mel": plan.spectrograms.given(plan.models[model])["mel"],
        "alignments": [f"results/alignment/{segment[name]}.h5" for name in attended(plan)],
    }


def figures(plan: Plan) -> list[str]:
    """A figure of each trained network of spectrograms that runs somewhere."""
    return [FIGURE.format(model=model.name) for model in plan.hearing if model.kind == "train"]
