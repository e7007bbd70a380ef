# What the rules share: the checked configuration, the list of performances, and what a job's result depends on.

import os
import sys

from collections import defaultdict
from dataclasses import asdict
from functools import cache

from snakemake.exceptions import WorkflowError

from percepiano_core.config import check_config, fill_defaults, read_schema
from percepiano_core.corpus.readers import check_root, ratings_path, survey
from percepiano_core.corpus.root import corpus_root
from percepiano_core.digest import block_digest, code_digest, dependency_versions
from percepiano_core.errors import UserError
from percepiano_core.splits.build import build_split, split_kind

SCRIPTS = Path(workflow.basedir) / "workflow_scripts"


def one_line(function):
    """The function, remembering its results; what a person did wrong stops the run in one line."""

    @cache
    def checked(*arguments):
        try:
            return function(*arguments)
        except UserError as error:
            print(error, file=sys.stderr)
            # A WorkflowError would be wrapped in the rule's place and a traceback.
            raise SystemExit(1) from None

    return checked


def load_config():
    """Check the configuration before any work; unknown keys are named with the nearest known one."""
    schema = read_schema(Path(workflow.basedir) / "rules/schemas/config.schema.yaml")
    check_config(config, schema)
    fill_defaults(config, schema)


def corpus_folder(variable, configured):
    """Folder of a corpus without ratings: the environment variable wins over the configuration."""
    return Path(os.environ.get(variable) or configured)


def load_corpus():
    """Root, performances, and what is wrong with the listing; stops in one line where there is no corpus."""
    root = corpus_root(config["corpus"]["root"])
    check_root(config["corpus"]["reader"], root)
    performances, _ = survey(config["corpus"]["reader"], root)
    return root, performances


def by_segment(performances):
    """Segment -> its performances, both in order of name."""
    groups = defaultdict(list)
    for performance in sorted(
        performances, key=lambda each: (each.segment, each.performance)
    ):
        groups[performance.segment].append(performance)
    return dict(groups)


def split_requests():
    """Label of each split file -> its registered name and parameters; a split that draws has a file a draw."""
    requests = {}
    for name in config["splits"]["names"]:
        parameters = config["splits"]["parameters"].get(name, {})
        if split_kind(name).has_draws:
            for draw in config["splits"]["segment_draws"]:
                requests[f"{name}_seed{draw}"] = (name, {**parameters, "draw": draw})
        else:
            requests[name] = (name, parameters)
    return requests


@cache
def fold_names(split):
    """Names of a split's folds; they do not depend on which texts belong together."""
    name, parameters = SPLITS[split]
    return list(
        build_split(
            name, PERFORMANCES, {segment: segment for segment in SEGMENTS}, parameters
        ).folds
    )


try:
    load_config()
    ROOT, PERFORMANCES = load_corpus()
    SPLITS = split_requests()
except UserError as error:
    raise WorkflowError(str(error)) from None

SEGMENTS = by_segment(PERFORMANCES)
CONTROL = config["ratings"]["shuffle_seed"]
LABELS = [
    name if CONTROL is None else f"{name}_shuffled{CONTROL}"
    for name in config["ratings"]["labels"]
]


# What a model is given -> the script that makes it.
MODEL_KINDS = {
    "none": "fit_model.py",
    "descriptors": "fit_model.py",
    "notes": "train_network.py",
    "notes+descriptors": "train_network.py",
    "performed": "train_network.py",
    "predictions": "combine_models.py",
}
NETWORKS, COMBINATIONS = (
    [
        model
        for model, entry in config["models"].items()
        if MODEL_KINDS[entry["features"]] == script
    ]
    for script in ("train_network.py", "combine_models.py")
)


wildcard_constraints:
    segment="|".join(map(re.escape, SEGMENTS)),
    split="|".join(map(re.escape, SPLITS)),
    labels="|".join(map(re.escape, LABELS)),
    model="|".join(map(re.escape, config["models"])),
    folds="[A-Za-z0-9]+",
    seed="[0-9]+",


@cache
def code(script, *modules):
    """Digest of a script's import closure: a rule reruns when code that it reaches changes, and only then."""
    return code_digest(SCRIPTS / script, *modules)


def model_code(model):
    """Digest of what a model's run reaches: the script that makes it, and the model's own module."""
    entry = config["models"][model]
    return code(MODEL_KINDS[entry["features"]], f"percepiano_core.{entry['module']}")


def midi_files(wildcards):
    """The segment's performances, as files."""
    return [ROOT / each.midi for each in SEGMENTS[wildcards.segment]]


def score_file(wildcards):
    """The segment's score, as a file."""
    return ROOT / SEGMENTS[wildcards.segment][0].score


def performance_names(wildcards):
    """The segment's performances, by name, in the order of `midi_files`."""
    return [each.performance for each in SEGMENTS[wildcards.segment]]


def listing_digest():
    """Changes when a performance comes, goes or is renamed, not when a file's content changes."""
    return block_digest({each.performance: asdict(each) for each in PERFORMANCES})


def model_inputs(wildcards):
    """What a model reads: a model without features never waits for, or depends on, any."""
    inputs = {
        "performances": "results/corpus/performances.csv",
        "labels": "results/ratings/labels_{labels}.csv",
        "split": "results/splits/{split}.json",
    }
    features = config["models"][wildcards.model]["features"]
    if "descriptors" in features:
        inputs["descriptors"] = "results/features/descriptors.csv"
    if "notes" in features:
        inputs["notes"] = "results/features/notes.h5"
    if features == "performed":
        inputs["notes"] = "results/features/performed.h5"
    if pretrained_weights(wildcards.model):
        inputs["pretrained"] = pretrained_weights(wildcards.model)
    if unrated_notes(wildcards.model):
        inputs["unrated"] = unrated_notes(wildcards.model)
    return inputs


def pretrained_weights(model):
    """File of the weights that a model starts from; None if it starts from chance."""
    return config["models"][model]["settings"].get("pretrained")


def unrated_notes(model):
    """File of the notes that a model guesses beside those of the train role; None if there are none."""
    return (config["models"][model]["settings"].get("masked_notes") or {}).get("notes")


@cache
def can_run(model):
    """Whether a model has what it starts from; says once what is left out where no collection is there to learn it."""
    start = pretrained_weights(model) or unrated_notes(model)
    if not start or Path(start).exists() or unrated_performances():
        return True
    if workflow.is_main_process:
        lacking = f"no {start}, and no collection of performances to learn it from"
        print(f"model {model}: left out, {lacking} (pretraining)", file=sys.stderr)
    return False


def member_inputs(wildcards):
    """Predictions of the models that a combination is made of, for the test and the valid role, all seeds."""
    runs = []
    for member in config["models"][wildcards.model]["settings"]["members"]:
        found = model_runs(wildcards.labels, member, wildcards.split)
        if not found:
            raise WorkflowError(
                f"model {wildcards.model}: its member {member} is not run on {wildcards.split}; "
                "run it there, or leave the split out of the combination"
            )
        runs += found
    return {
        "test": [f"{run}/predictions.csv" for run in runs],
        "valid": [f"{run}/valid.csv" for run in runs],
    }


def run_info(wildcards):
    """What is recorded of a run beside its predictions."""
    entry = config["models"][wildcards.model]
    return {
        "model": wildcards.model,
        "features": entry["features"],
        "labels": wildcards.labels,
        "settings": entry["settings"],
        "config_hash": run_digest(wildcards.model, wildcards.split),
        "code_digest": model_code(wildcards.model),
    }


def run_digest(model, split):
    """Hash of all settings that a run's numbers depend on: data, labels, split, features, model."""
    shared = {key: config[key] for key in ("ratings", "alignment")} | {
        "kind": config["corpus"]["kind"]
    }
    entry = config["models"][model]
    made_by = {key: entry[key] for key in ("module", "features", "settings")}
    return block_digest({**shared, "split": SPLITS[split], "model": made_by})


def fold_batches(model, split):
    """Names of the jobs that a model needs on a split: one for all folds, or, for a network, one a fold."""
    return fold_names(split) if model in NETWORKS else ["all"]


def model_runs(labels, model, split):
    """Folders of a model's runs on a split; none where the configuration leaves the split out."""
    entry = config["models"][model]
    wanted = entry["splits"] or config["splits"]["names"]
    kind = SPLITS[split][0]
    if kind not in wanted or not can_run(model):
        return []
    limit, batches = entry["limits"].get(kind, {}), fold_batches(model, split)
    unknown = set(limit.get("folds", [])) - set(batches)
    if unknown:
        known = f"{model} on {kind} is run by fold {', '.join(batches)}"
        raise WorkflowError(f"limits: {known}, not by {', '.join(sorted(unknown))}")
    return [
        f"results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}"
        for folds in limit.get("folds", batches)
        for seed in limit.get("seeds", entry["seeds"])
    ]


def predictions():
    """Every prediction file that the tables are made from."""
    return [
        f"{run}/predictions.csv"
        for labels in LABELS
        for model in config["models"]
        for split in SPLITS
        for run in model_runs(labels, model, split)
    ]


def training_histories():
    """The course of every training run of every network."""
    return [
        f"{run}/history.csv"
        for labels in LABELS
        for model in NETWORKS
        for split in SPLITS
        for run in model_runs(labels, model, split)
    ]


def any_of(names):
    """Pattern of these names; of nothing, if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def table_spec():
    """What Table 3 shows: rows of the models that run here and of those still to be built, splits without draws."""
    rows = [
        (key, entry["title"], entry["features"])
        for key, entry in config["models"].items()
    ]
    return {
        "rows": rows
        + [
            (key, entry["title"], entry["features"])
            for key, entry in config["planned"].items()
        ],
        "splits": config["splits"]["names"],
        "config_hash": block_digest(config),
        "corpus_kind": config["corpus"]["kind"],
        "replicates": config["bootstrap"]["resamples"],
        "seed": config["bootstrap"]["seed"],
    }


TABLES = [
    f"results/{name}.csv"
    for name in ("table3", "table3_per_dimension", "table3_folds", "ablation")
]
FIGURES = [
    f"results/figures/{name}.svg"
    for name in ("table3", "table3_per_dimension", "ablation", "leakage", "reliability")
]
