"""What a run ends in: tables, figures, the list of what was wrong with files; and what each table is to show."""

from __future__ import annotations

from typing import Any

from percepiano_core.plan import attention
from percepiano_core.plan.plan import Plan
from percepiano_core.plan.pretraining import NOTES, QUALITY_OF_BATCH, QUALITY_OF_WORDS, RECONSTRUCTION

RATING_TABLES = ["table3", "table3_per_dimension", "table3_folds", "ablation"]
DYNAMICS_TABLES = ["dynamics/table1", "dynamics/table1_folds"]
RATING_FIGURES = ["table3", "table3_per_dimension", "ablation", "leakage", "reliability"]
QUALITY_OF_DESCRIPTORS = "results/quality/descriptors.csv"
TRAINING_FIGURES = ["learning_curves", "learning_diagnostics"]
LISTENER = "listener"  # the model of track T3: a network as trained, on recordings of one's own


def has_dynamics(plan: Plan) -> bool:
    """Whether there is something to make the table of dynamics from."""
    return bool(plan.runs_of("dynamics") or plan.own.scored)


def tables(plan: Plan) -> list[str]:
    """Every table of the run."""
    return [f"results/{name}.csv" for name in RATING_TABLES + (DYNAMICS_TABLES if has_dynamics(plan) else [])]


def figures(plan: Plan) -> list[str]:
    """Every figure of the run."""
    names = [
        *RATING_FIGURES,
        *(["dynamics_table1"] if has_dynamics(plan) else []),
        *(TRAINING_FIGURES if plan.histories() else []),
    ]
    drawn = [RECONSTRUCTION.format(encoder=each.name) for each in plan.begun_from if each.inputs == "mel"]
    return [*(f"results/figures/{name}.svg" for name in names), *drawn, *attention.figures(plan)]


def quality_lists(plan: Plan) -> list[str]:
    """What every stage that runs says of single files."""
    stages = [
        "results/quality/corpus.csv",
        *(f"results/quality/ratings_{labels}.csv" for labels in plan.labels),
        *(
            f"results/quality/{stage}/{name}.csv"
            for stage in ("alignment", "features")
            for name in plan.corpus.segments
        ),
        *(path for track in plan.tracks.values() for path in track.quality),
        *(plan.renderings.asap_quality() if "T2" in plan.tracks else []),
        *([plan.own.quality] if plan.own.sounds else []),
        *plan.spectrograms.quality(plan.hearing),
        *(plan.transcriptions.quality if any(map(plan.reads_transcriptions, plan.running)) else []),
    ]
    if NOTES in plan.files_begun_from and plan.pretraining.makes(NOTES):
        stages += [QUALITY_OF_BATCH.format(batch=number) for number in plan.pretraining.batches]
    if plan.pretraining.performances:
        for encoder in plan.begun_from:
            heard = encoder.inputs == "mel"
            stages += plan.spectrograms.unlabelled_quality(encoder.settings) if heard else [QUALITY_OF_WORDS]
    if any("descriptors" in plan.models[run.model].input_kinds for run in plan.runs):
        stages.append(QUALITY_OF_DESCRIPTORS)
    return stages


def heard(plan: Plan) -> list[str]:
    """What is heard in recordings of one's own, where there are any."""
    return ["results/dynamics/recordings"] if plan.own.sounds else []


def rating_table(plan: Plan) -> dict[str, Any]:
    """What Table 3 shows: rows of the models that run here and of those still to be built, splits without draws."""
    config = plan.config
    rows = [(m.name, m.title, plan.inputs_of(m)) for m in plan.models.values() if m.problem == "perception"]
    return {
        "rows": rows + [(name, entry["title"], entry["inputs"]) for name, entry in config["planned"].items()],
        "splits": config["splits"]["names"],
        "config_digest": plan.config_digest,
        "corpus_kind": plan.corpus.kind,
        "replicates": config["bootstrap"]["resamples"],
        "seed": config["bootstrap"]["seed"],
    }


def ablations(plan: Plan) -> dict[str, Any]:
    """The ablation tables, each on those of its splits that this run has; one that has none of them is left out."""
    has = plan.config["splits"]["names"]
    on_these = {
        name: entry | {"splits": [split for split in entry["splits"] if split in has]}
        for name, entry in plan.config["ablations"].items()
    }
    return {name: entry for name, entry in on_these.items() if entry["splits"]}


def dynamics_rows(plan: Plan) -> dict[str, list[tuple[str, str, str]]]:
    """Track -> rows of the table of dynamics: name, title and inputs of each model that runs on it."""
    ran = {(run.data, run.model) for run in plan.runs_of("dynamics")}
    rows = {
        track: [(m.name, m.title, m.inputs) for m in plan.models.values() if (track, m.name) in ran]
        for track in plan.tracks
    }
    return rows | ({"T3": [(LISTENER, "Network as trained", "sound")]} if plan.own.scored else {})


def training_titles(plan: Plan) -> dict[str, str]:
    """Title of every model, for figures of trainings."""
    return {name: model.title for name, model in plan.models.items()}
