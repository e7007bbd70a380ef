"""The plan of a run: which runs, files, digests and targets follow from a configuration and what corpora are there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from workflow_runs import REPOSITORY

from percepiano_core.corpus.root import corpus_folder
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus
from percepiano_core.digest import dependency_versions
from percepiano_core.errors import UserError
from percepiano_core.plan import plan as plan_module
from percepiano_core.plan import targets
from percepiano_core.plan.batches import batch, batch_count, batches_of
from percepiano_core.plan.job import job_of
from percepiano_core.plan.models import configured_models, model_modules
from percepiano_core.plan.plan import Plan, make_plan
from percepiano_core.plan.runs import Run, member_runs, model_runs
from percepiano_core.plan.splits import PlannedSplit
from percepiano_core.training.settings import merged

RIDGE = {"title": "Ridge", "module": "perception.descriptor_models.ridge", "inputs": "descriptors"}
AVERAGE = {"title": "A", "module": "perception.weighted_average", "inputs": "predictions"}
CONFIG: dict[str, Any] = {
    "ratings": {"labels": ["clean"]},
    "splits": {"names": ["performer", "segment"], "segment_draws": [42, 43]},
    "models": {
        "mean": {"title": "Mean", "module": "symbolic.baselines.mean", "inputs": "none"},
        "ridge": {**RIDGE, "settings": {"penalties": [1.0]}, "seeds": [0, 1]},
        "average": {**AVERAGE, "settings": {"members": ["ridge"]}},
    },
    "dynamics": {"tracks": ["T1"]},
    "pretraining": {"asap": False},
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus of composed pieces."""
    folder = tmp_path_factory.mktemp("plan") / "corpus"
    write_corpus(folder, Settings(segments=6))
    return folder


@pytest.fixture(autouse=True)
def no_corpus_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment names no corpus, and the working directory holds none."""
    for name in ("PERCEPIANO_ROOT", "ASAP_ROOT", "MAESTRO_ROOT", "MAZURKABL_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def planned(corpus: Path, told: list[str] | None = None, **changes: Any) -> Plan:
    rated = {"corpora": {"rated": {"reader": "manifest", "root": str(corpus), "kind": "synthetic"}}}
    config = merged(merged(CONFIG, rated), changes)
    return make_plan(config, REPOSITORY, ([] if told is None else told).append)


def test_every_run_has_a_folder_of_its_own_that_says_what_it_is(corpus: Path) -> None:
    plan = planned(corpus)
    folders = [run.folder for run in plan.runs]
    assert len(set(folders)) == len(folders)
    assert "results/runs/perception/clean/ridge/segment_seed43/fold0/seed1" in folders
    assert "results/runs/perception/clean/average/performer/fold3/seed0" in folders
    assert len(plan.predictions("perception")) == len(folders)


def test_a_model_runs_where_its_entry_says(corpus: Path) -> None:
    limits = {"models": {"ridge": {"splits": ["performer"], "limits": {"performer": {"seeds": [7]}}}}}
    runs = [run for run in planned(corpus, **limits, splits={"names": ["performer"]}).runs if run.model == "ridge"]
    assert {(run.split, run.seed) for run in runs} == {("performer", 7)}


def test_folds_are_chosen_for_trained_models_alone_and_among_those_there_are() -> None:
    split = PlannedSplit("performer", "performer", {}, ("0", "1"))
    ridge = configured_models({"ridge": filled(RIDGE)})["ridge"]
    with pytest.raises(UserError, match="ridge on performer is run by fold all together, not by 0"):
        model_runs(changed(ridge, limits={"performer": {"folds": ["0"]}}), "clean", split)
    network = changed(ridge, kind="train", limits={"performer": {"folds": ["1"]}})
    assert [run.fold for run in model_runs(network, "clean", split)] == ["1"]
    with pytest.raises(UserError, match="run by fold 0, 1, not by 9"):
        model_runs(changed(network, limits={"performer": {"folds": ["9"]}}), "clean", split)


def test_a_combination_needs_its_members_on_every_fold() -> None:
    split = PlannedSplit("performer", "performer", {}, ("0", "1"))
    models = configured_models(
        {"ridge": filled(RIDGE), "average": filled({**AVERAGE, "settings": {"members": ["ridge"]}})}
    )
    average, ridge = models["average"], changed(models["ridge"], kind="train")
    assert [run.fold for run in member_runs(average, [ridge], "clean", split)] == ["0", "1"]
    with pytest.raises(UserError, match="model average: its member ridge is not run on performer"):
        member_runs(average, [changed(ridge, splits=("work",))], "clean", split)
    with pytest.raises(UserError, match="is not run on fold 1 of performer"):
        member_runs(average, [changed(ridge, limits={"performer": {"folds": ["0"]}})], "clean", split)


def test_a_model_without_features_waits_for_none(corpus: Path) -> None:
    plan = planned(corpus)
    assert set(plan.run_inputs("mean", "clean", "performer")) == {"performances", "labels", "split"}
    assert plan.run_inputs("ridge", "clean", "performer")["descriptors"] == "results/features/descriptors.csv"
    members = plan.run_inputs("average", "clean", "performer")["predictions"]
    assert members[0] == "results/runs/perception/clean/ridge/performer/fold0/seed0/predictions.csv"


def test_a_digest_changes_with_what_a_run_depends_on_and_with_nothing_else(corpus: Path) -> None:
    plan = planned(corpus)
    digests = {name: plan.run_digest(name, "performer") for name in plan.models}
    other = planned(corpus, models={"ridge": {"settings": {"penalties": [2.0]}}})
    assert other.run_digest("ridge", "performer") != digests["ridge"]
    assert other.run_digest("mean", "performer") == digests["mean"]
    title = planned(corpus, models={"ridge": {"title": "Ridge regression"}}, bootstrap={"resamples": 10})
    assert {name: title.run_digest(name, "performer") for name in title.models} == digests
    shuffled = planned(corpus, ratings={"shuffle_seed": 1})
    assert shuffled.run_digest("mean", "performer") != digests["mean"]
    assert set(shuffled.labels) == {"clean_shuffled1"}
    named = planned(
        corpus, ratings={"shuffle_seed": 1}, models={"mean": {"data": ["clean"]}, "ridge": {"data": ["published"]}}
    )
    assert {run.model for run in named.runs if run.model in ("mean", "ridge")} == {"mean"}


def test_what_is_left_out_is_said_once(corpus: Path) -> None:
    told: list[str] = []
    plan = planned(corpus, told)
    assert plan.tracks == {} and plan.tracks == {}
    assert told == ["dynamics track T1: left out, its corpus is not at corpora/mazurkabl"]


def test_targets_hold_what_there_is_to_make(corpus: Path) -> None:
    plan = planned(corpus)
    assert "results/table3.csv" in targets.tables(plan)
    assert not any("dynamics" in path for path in targets.tables(plan) + targets.figures(plan))
    assert not any("learning" in path for path in targets.figures(plan))
    constant = {"title": "C", "module": "dynamics.beat_models.baselines", "inputs": "beats", "data": ["synthetic"]}
    heard = planned(corpus, models={"constant": constant}, dynamics={"tracks": ["synthetic"]})
    assert "results/dynamics/table1.csv" in targets.tables(heard)
    assert [name for name, *_ in targets.dynamics_rows(heard)["synthetic"]] == ["constant"]
    assert [name for name, *_ in targets.rating_table(heard)["rows"]] == ["mean", "ridge", "average"]


def test_every_stage_has_its_part_in_the_quality_list(corpus: Path) -> None:
    plan = planned(corpus)
    lists = targets.quality_lists(plan)
    assert "results/quality/corpus.csv" in lists and "results/quality/ratings_clean.csv" in lists
    assert {
        f"results/quality/{stage}/{name}.csv" for stage in ("alignment", "features") for name in plan.corpus.segments
    } <= set(lists)


def encoder(**changes: Any) -> dict[str, Any]:
    return {"pretraining": {"encoders": {"e": {"module": "symbolic.midibert.pretraining", **changes}}}}


def entry(name: str, **changes: Any) -> dict[str, Any]:
    """Changes of a model's entry."""
    return {"models": {name: changes}}


NETWORK = {"title": "N", "module": "symbolic.han.bilstm", "inputs": "notes"}
STEPS = [{"model": "mean", "adds": "nothing"}, {"model": "rigde", "adds": "descriptors"}]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            entry("ridge", module="perception.descriptor_models.rigde"),
            ["models.ridge.module", "descriptor_models.ridge'?"],
        ),
        (entry("ridge", module="os"), ["models.ridge.module", "'os' is not a module of a model"]),
        (entry("ridge", inputs="notes"), ["models.ridge.inputs", "descriptors"]),
        (entry("ridge", settings={"penaltys": [1]}), ["models.ridge.settings.penaltys", "did you mean 'penalties'?"]),
        (entry("ridge", settings={"penalties": [-1]}), ["models.ridge.settings.penalties.0", "-1"]),
        (entry("mean", settings={"a": 1}), ["models.mean.settings", "has no settings"]),
        (entry("average", settings={"members": ["rigde"]}), ["models.average.settings.members", "mean 'ridge'?"]),
        (entry("average", settings={"members": ["average"]}), ["model average", "made of itself"]),
        (entry("average", settings={"members": []}), ["models.average.settings.members", "the list is empty"]),
        (entry("average", settings={"members": ["ridge", "ridge"]}), ["models.average.settings.members", "twice"]),
        (entry("ridge", settings={"feature_sets": ["rww"]}), ["feature_sets.0", "raw", "descriptor sets"]),
        (
            entry("ridge", splits=["pieces"]),
            ["models.ridge.splits", "'pieces' is not among the splits of models of ratings"],
        ),
        (entry("ridge", limits={"pieces": {"seeds": [0]}}), ["models.ridge.limits", "'pieces'"]),
        (entry("ridge", module="symbolic.han.architecture"), ["symbolic.han.architecture", "settings: Mapping"]),
        (entry("ridge", data=["T1"]), ["models.ridge.data", "clean, published"]),
        (entry("network", **{**NETWORK, "settings": {"descriptors": "raw"}}), ["model network", "notes+descriptors"]),
        (encoder(settings={"note": 3}), ["pretraining.encoders.e.settings.note", "did you mean 'notes'?"]),
        (encoder(module="symbolic.midibert.midibert"), ["pretraining.encoders.e.module", "not a module that pre"]),
        ({"planned": {"ridge": {"title": "R", "inputs": "mel"}}}, ["planned.ridge"]),
        (entry("ridge", splits=["performers"]), ["models.ridge.splits.0", "did you mean 'performer'?"]),
        (entry("ridge", seed=[1]), ["models.ridge.seed", "did you mean 'seeds'?"]),
        ({"splits": {"names": ["works"]}}, ["splits.names.0", "did you mean 'work'?"]),
        ({"ablations": {"a": {"splits": ["work"], "steps": STEPS}}}, ["ablations.a", "did you mean 'ridge'?"]),
        ({"corpora": {"rated": {"root": "nowhere"}}}, ["nowhere", "manifest.csv"]),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_nearest_right_one(corpus: Path, changes: dict, words: list) -> None:
    with pytest.raises(UserError) as caught:
        planned(corpus, **deepcopy(changes))
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_model_that_runs_nowhere_is_said_to(corpus: Path) -> None:
    told: list[str] = []
    changes = {"splits": {"names": ["performer"]}, **entry("ridge", splits=["work"])}
    plan = planned(corpus, told, **changes)
    assert "ridge" not in {run.model for run in plan.runs}
    assert [line for line in told if "run nowhere" in line and "ridge" in line]


def test_an_ablation_is_on_the_splits_that_the_run_has(corpus: Path) -> None:
    steps = [{"model": "mean", "adds": "nothing"}, {"model": "ridge", "adds": "descriptors"}]
    ablation = {
        name: {"splits": splits, "steps": steps} for name, splits in (("a", ["work", "performer"]), ("b", ["work"]))
    }
    plan = planned(corpus, splits={"names": ["performer"]}, ablations=ablation)
    assert {name: entry["splits"] for name, entry in targets.ablations(plan).items()} == {"a": ["performer"]}


def test_a_corpus_lies_where_the_environment_says() -> None:
    assert corpus_folder("asap", "corpora/asap", {}) == Path("corpora/asap")
    assert corpus_folder("asap", "corpora/asap", {"ASAP_ROOT": "elsewhere"}) == Path("elsewhere")
    assert corpus_folder("maestro", None, {}) is None


def test_batches_hold_every_item_once() -> None:
    items = list("abcdefg")
    batches = [batch(items, 3, number) for number in range(batch_count(items, 3))]
    assert [item for part in batches for item in part] == items
    assert batches_of(["g", "a"], items, 3) == [0, 2]


def test_a_job_knows_its_folds_by_their_folders_and_its_data_by_their_bytes(tmp_path: Path, corpus: Path) -> None:
    plan = planned(corpus)
    parameter = plan.run_parameter("ridge", "clean", "performer", "1")
    folders = [tmp_path / f"fold{fold}" / "seed1" for fold in ("0", "both_c1")]
    (tmp_path / "labels.csv").write_text("a")
    first = job_of(parameter, {"labels": tmp_path / "labels.csv", "none": []}, [f / "run.json" for f in folders])
    assert dict(first.folders) == {"0": folders[0], "both_c1": folders[1]}
    assert (first.run.seed, first.run.system, first.finished("0", chosen={"a": 1}).fold) == (1, "perception", "0")
    (tmp_path / "labels.csv").write_text("b")
    other = job_of(parameter, {"labels": tmp_path / "labels.csv"}, [f / "run.json" for f in folders])
    assert first.key != other.key and first.file("descriptors") is None


def test_planning_imports_no_framework() -> None:
    """The shipped configuration names every module; reading their settings must not load what they compute with."""
    code = (
        "import sys, yaml; from percepiano_core.config import fill_defaults, read_schema\n"
        "from percepiano_core.plan.plan import make_plan\n"
        "from percepiano_core.plan.models import configured_models\n"
        "config = yaml.safe_load(open('config.yaml'))\n"
        "fill_defaults(config, read_schema('rules/schemas/config.schema.yaml'))\n"
        "configured_models(config['models'])\n"
        "print(sorted({'torch', 'jax', 'librosa', 'sklearn', 'matplotlib', 'partitura'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_configured_module_is_found() -> None:
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    assert {entry["module"] for entry in config["models"].values()} <= set(model_modules())


def filled(entry: dict) -> dict:
    """An entry with the defaults of the schema."""
    heard = {"learned_on": "", "tested_on": "", "embedding": ""}
    defaults = {"settings": {}, "seeds": [0], "data": [], "splits": [], "limits": {}, **heard}
    return defaults | entry


def changed(model: Any, **changes: Any) -> Any:
    """A model with changes."""
    from dataclasses import replace

    return replace(model, **changes)


def test_a_run_is_named_by_its_parts() -> None:
    run = Run("symbolic", "clean", "ridge", "performer", "D935", 3)
    assert run.folder == "results/runs/symbolic/clean/ridge/performer/foldD935/seed3"


def test_what_a_model_cannot_do_without_leaves_it_and_averages_of_it_out(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = {"title": "N", "module": "symbolic.han.bilstm", "inputs": "notes", "settings": {"preset": "bilstm_small"}}
    average = {**AVERAGE, "settings": {"members": ["ridge", "network"]}}
    changes = {"models": {"network": network, "with_network": average}, "dynamics": {"tracks": []}}
    assert {"network", "with_network"} <= {run.model for run in planned(corpus, **changes).runs}
    monkeypatch.setattr(plan_module, "find_spec", lambda name: None)
    told: list[str] = []
    runs = planned(corpus, told, **changes).runs
    assert {run.model for run in runs} == {"mean", "ridge", "average"}
    assert told == [
        "model network: left out, torch is not installed (pip install -e '.[torch]')",
        "model with_network: left out, its member network is",
    ]


def test_a_package_that_is_not_there_stops_no_planning() -> None:
    assert dependency_versions("no-such-package", "numpy")["no-such-package"] == "absent"


@pytest.mark.parametrize(("reader", "missing"), [("manifest", "manifest.csv"), ("percepiano", "incomplete")])
def test_an_error_about_a_corpus_names_the_variable_that_chose_its_folder(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, reader: str, missing: str
) -> None:
    monkeypatch.setenv("PERCEPIANO_ROOT", str(tmp_path))
    with pytest.raises(UserError) as caught:
        planned(corpus, corpora={"rated": {"reader": reader}})
    assert missing in str(caught.value)
    assert "PERCEPIANO_ROOT, which wins over the configured corpora.rated" in caught.value.problem
    assert caught.value.remedy.startswith("unset or correct PERCEPIANO_ROOT, or ")
    monkeypatch.delenv("PERCEPIANO_ROOT")
    with pytest.raises(UserError) as caught:
        planned(tmp_path)
    assert "which wins over" not in str(caught.value)


def test_a_folder_of_the_environment_is_told(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setenv("PERCEPIANO_ROOT", str(corpus))
    planned(Path("elsewhere"), told)
    assert told[0] == f"corpus: {corpus}, as PERCEPIANO_ROOT says, not elsewhere as configured (corpora.rated.root)"


def test_an_unlabelled_corpus_of_the_environment_that_is_none_names_the_variable(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASAP_ROOT", str(tmp_path))
    with pytest.raises(UserError, match=r"no ASAP corpus here \(metadata.csv is missing\).*ASAP_ROOT"):
        _ = planned(corpus, dynamics={"tracks": ["T2"]}).tracks
    told: list[str] = []
    monkeypatch.setenv("ASAP_ROOT", "nowhere")
    _ = planned(corpus, told, dynamics={"tracks": ["T2"]}).tracks
    assert told == ["dynamics track T2: left out, its corpus is not at nowhere (ASAP_ROOT)"]


def test_rows_that_a_manifest_loses_are_told_before_any_work(tmp_path: Path, corpus: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(corpus, own)
    lines = (own / "manifest.csv").read_text().splitlines()
    (own / "manifest.csv").write_text("\n".join([*lines, lines[1], lines[2]]) + "\n")
    told: list[str] = []
    planned(own, told)
    assert told[0].startswith(
        "corpus: 2 performances are left out, see results/quality/corpus.csv; first manifest.csv:"
    )
    assert "a second row for this performance" in told[0]


def test_folders_that_snakemake_takes_for_patterns_are_refused(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(corpus, tmp_path / "{own}")
    with pytest.raises(UserError, match=r"holds the character \{"):
        planned(tmp_path / "{own}")
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "a<b>.wav").touch()
    with pytest.raises(UserError, match=r"a<b>\.wav: holds the character <"):
        planned(corpus, corpora={"recordings": str(tmp_path / "recordings")})


def test_every_stage_that_lists_faults_is_in_the_list_of_all(corpus: Path) -> None:
    assert "results/quality/descriptors.csv" in targets.quality_lists(planned(corpus))
