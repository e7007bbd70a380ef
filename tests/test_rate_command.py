"""`percepiano rate` as a user meets it: ratings with intervals, and one clear line where there can be none."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from neural_cases import TINY, made_corpus, train_fold

from percepiano_core.cli.app import main
from percepiano_core.corpus.midi import read_performance
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.features.performance.from_files import read_played, score_composer
from percepiano_core.features.performed_notes import performed_table
from percepiano_core.perception.folds import Roles
from percepiano_core.store.predictions import FoldPredictions, write_predictions
from percepiano_core.symbolic.networks.ensemble import unlabelled
from percepiano_core.symbolic.networks.network_file import read_network
from percepiano_core.training.named_arrays import write_arrays
from percepiano_core.training.run_folder import RunInfo, write_run_info

Rate = Callable[..., int]
WIDTH = 0.1  # error of every network on every held-out performance


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two segments, each played by two pianists and a machine."""
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder, Settings(segments=2, pianists=2))
    return folder


@pytest.fixture(scope="module")
def waltz(corpus: Path) -> tuple[Path, list[Path]]:
    """A score and its performances."""
    return next(corpus.glob("scores/*Waltz*")), sorted(corpus.glob("performances/*Waltz*"))


def described_roles(descriptors: dict[str, float]) -> tuple[Roles, dict]:
    """The made corpus with descriptors of the given names, spread around the given values."""
    roles, notes = made_corpus(16)
    rng, values = np.random.default_rng(0), np.nan_to_num(np.array(list(descriptors.values())))

    def described(examples):
        features = values + rng.normal(size=(len(examples), len(values)))
        return replace(examples, features=features, feature_names=tuple(descriptors))

    return Roles(*(described(getattr(roles, role)) for role in ("train", "valid", "test"))), notes


def run_info(inputs: str, labels: str, settings: dict, fold: str, seed: int) -> RunInfo:
    return RunInfo(
        system="symbolic",
        data=labels,
        model="han",
        module="symbolic.han.han",
        inputs=inputs,
        settings=settings,
        split="performer",
        fold=fold,
        seed=seed,
        corpus="real",
        config_digest="c",
        code_digest="d",
    )


def write_member(
    folder: Path, seed: int, fold: str, roles: Roles, notes: dict, module: str = "symbolic.han.han", **settings: object
) -> None:
    """A run folder as the rule `train` leaves it, of a network that has learned for one epoch."""
    chosen = {**(TINY if module == "symbolic.han.han" else {}), "recipe": {"epochs": 1}, **settings}
    train_fold(module, roles, notes, chosen, seed).write_weights(folder / "weights.safetensors")
    names = tuple(f"{fold}{i}" for i in range(10))
    flat = np.full((10, len(DIMENSION_KEYS)), 0.5)
    write_predictions(
        folder / "valid.csv", [FoldPredictions("performer", fold, seed, "han", names, flat, flat + WIDTH)]
    )
    features = (
        "notes+descriptors" if settings.get("descriptors") else "notes" if module == "symbolic.han.han" else "performed"
    )
    write_run_info(folder, run_info(features, "clean", settings, fold, seed))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with two folds and two seeds of one model."""
    folder = tmp_path_factory.mktemp("run") / "results"
    roles, notes = made_corpus(16)
    for fold in ("0", "1"):
        for seed in (0, 1):
            write_member(folder / f"runs/symbolic/clean/han/performer/fold{fold}/seed{seed}", seed, fold, roles, notes)
    return folder


@pytest.fixture
def rate(waltz: tuple[Path, list[Path]], results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rate:
    """Run the command, by default on a performance of the waltz, with the networks of `results`; gives the status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*options: object, midi: object = None, score: Path | None = waltz[0], results: Path = results) -> int:
        played = midi if isinstance(midi, list) else [midi or waltz[1][0]]
        arguments = ["rate", *played, *(["--score", score] if score else []), "--results", results, *options]
        monkeypatch.setattr(sys, "argv", ["percepiano", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


def one_line(captured: pytest.CaptureResult[str], *words: str) -> None:
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert all(word in captured.err for word in words), captured.err


def test_the_terminal_shows_nineteen_ratings_and_what_they_are(rate, capsys):
    assert rate() == 0
    shown = capsys.readouterr().out
    assert all(key.replace("_", " ") in shown for key in DIMENSION_KEYS)
    assert "Mean of 4 networks (han, clean labels" in shown
    assert "90% of the errors on 20 performances of the validation roles of split performer" in shown
    assert re.search(r"score notes matched \(quality (1\.00|0\.9\d): (good|usable)\)", shown)


def test_ratings_are_those_of_the_networks_and_intervals_as_wide_as_their_errors(rate, waltz, results, tmp_path):
    assert rate("-o", "out.json", midi=waltz[1]) == 0
    told = json.loads((tmp_path / "out.json").read_text())
    assert (told["networks"], told["calibrated_on"], told["level"]) == (4, 20, 0.9)
    names = [path.stem for path in waltz[1]]
    assert list(told["performances"]) == names
    played = read_played(waltz[0], dict(zip(names, waltz[1], strict=True)), "default", told["composer"])
    notes = {name: each.notes for name, each in played.items()}
    networks = [read_network(path) for path in results.rglob("weights.safetensors")]
    asked = unlabelled({name: each.descriptors for name, each in played.items()})
    said = [network.module(network.collate(network.encode(asked, notes))).sigmoid() for network in networks]
    members = np.array([each.detach().numpy() for each in said])
    for i, name in enumerate(names):
        ratings = [told["performances"][name]["ratings"][key] for key in DIMENSION_KEYS]
        np.testing.assert_allclose([each["rating"] for each in ratings], members[:, i].mean(axis=0), atol=1e-4)
        np.testing.assert_allclose([each["spread"] for each in ratings], members[:, i].std(axis=0), atol=1e-4)
        widths = [each["interval_high"] - each["rating"] for each in ratings]
        np.testing.assert_allclose(widths, WIDTH, atol=2e-4)


def test_the_table_has_a_row_a_performance_and_dimension(rate, waltz, tmp_path):
    assert rate("-o", "out.csv", midi=waltz[1]) == 0
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert len(rows) == 3 * 19
    assert all(0 <= float(row["interval_low"]) <= float(row["rating"]) <= float(row["interval_high"]) for row in rows)


def test_pictures_are_drawn_and_alike_each_time(rate, waltz, tmp_path):
    assert rate("-o", "one.svg", "-o", "two.svg", "-o", "one.png", midi=waltz[1]) == 0
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


def test_descriptors_of_the_performance_reach_a_network_that_reads_them(rate, waltz, tmp_path):
    midi = waltz[1][0]
    descriptors = read_played(waltz[0], {"p": midi}, "default", "Schubert")["p"].descriptors
    roles, notes = described_roles(dict(descriptors))
    write_member(tmp_path / "run", 0, "0", roles, notes, descriptors="raw+aligned+tonal")
    assert rate("--weights", tmp_path / "run", "-o", "out.json") == 0
    told = json.loads((tmp_path / "out.json").read_text())["performances"][midi.stem]["ratings"]
    assert all(0 < told[key]["rating"] < 1 for key in DIMENSION_KEYS)


def test_a_network_of_performed_notes_rates_too(rate, waltz, tmp_path):
    roles, _ = made_corpus(8)
    names = [name for role in (roles.train, roles.valid, roles.test) for name in role.performances.tolist()]
    tables = [performed_table(read_performance(midi)) for midi in waltz[1]]
    notes = {name: tables[i % len(tables)] for i, name in enumerate(names)}
    write_member(tmp_path / "run", 0, "0", roles, notes, "symbolic.midibert.midibert", size={"preset": "tiny"})
    assert rate("--weights", tmp_path / "run", "-o", "out.json", midi=waltz[1][:2]) == 0
    first, second = json.loads((tmp_path / "out.json").read_text())["performances"].values()
    assert first["ratings"] != second["ratings"]


def test_a_network_of_other_descriptors_is_one_line(rate, tmp_path, capsys):
    roles, notes = described_roles({"raw_loudness": 0.0, "raw_unheard_of": 1.0})
    write_member(tmp_path / "run", 0, "0", roles, notes, descriptors="raw")
    assert rate("--weights", tmp_path / "run") == 1
    one_line(capsys.readouterr(), "descriptors: the network reads raw_loudness")


def test_a_performance_of_other_music_is_one_line(rate, corpus, capsys):
    other = next(corpus.glob("performances/*Sonatina*"))
    assert rate(midi=other) == 1
    one_line(capsys.readouterr(), other.name, "does not fit the score", "same piece")


def test_notes_without_a_score_are_one_line(rate, capsys):
    assert rate(score=None) == 1
    one_line(capsys.readouterr(), "--score: is missing", "add --score SCORE.musicxml")


def test_a_performance_without_notes_is_one_line(rate, tmp_path, capsys):
    midi = mido.MidiFile()
    midi.tracks.append(mido.MidiTrack())
    midi.save(tmp_path / "silence.mid")
    assert rate(midi=tmp_path / "silence.mid") == 1
    one_line(capsys.readouterr(), "silence.mid", "has no notes")


def test_an_unreadable_score_is_one_line(rate, tmp_path, capsys):
    (tmp_path / "cut.musicxml").write_text("<score-partwise><part")
    assert rate(score=tmp_path / "cut.musicxml") == 1
    one_line(capsys.readouterr(), "cut.musicxml", "not readable as XML")


def test_no_networks_is_one_line_that_says_how_to_train_them(rate, tmp_path, capsys):
    assert rate(results=tmp_path / "nothing") == 1
    remedy = "snakemake --cores 8 results/runs/symbolic/published/bilstm_descriptors"
    one_line(capsys.readouterr(), "no trained network here", remedy)


def test_a_model_that_was_not_trained_is_one_line_that_names_the_others(rate, capsys):
    assert rate("--model", "bilstm") == 1
    one_line(capsys.readouterr(), "--model", "bilstm", "there are networks of han")


def test_networks_without_their_valid_predictions_are_one_line(rate, results, tmp_path, capsys):
    weights = next(results.rglob("weights.safetensors"))
    shutil.copy(weights, tmp_path / "weights.safetensors")
    assert rate("--weights", tmp_path / "weights.safetensors") == 1
    one_line(capsys.readouterr(), "weights.safetensors", "valid.csv is missing")


@pytest.mark.parametrize(
    "header", [{"module": "dynamics.network.network_fold"}, {"format": "percepiano dynamics network 1"}]
)
def test_a_network_of_dynamics_is_called_one(
    header: dict[str, str], rate: Rate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_arrays(tmp_path / "weights.safetensors", {"a": np.zeros(2)}, header)
    assert rate("--weights", tmp_path / "weights.safetensors") == 1
    one_line(capsys.readouterr(), "weights.safetensors: it is a network of dynamics", "percepiano dynamics")


def test_networks_of_different_labels_make_no_ensemble(rate, results, tmp_path, capsys):
    run = next(results.rglob("weights.safetensors")).parent
    shutil.copytree(run, tmp_path / "other")
    write_run_info(tmp_path / "other", run_info("notes", "published", {}, "0", 0))
    assert rate("--weights", run, "--weights", tmp_path / "other") == 1
    one_line(capsys.readouterr(), "is of labels published")


@pytest.mark.parametrize("output", ["out.txt", "no/folder/out.json"])
def test_an_output_that_cannot_be_written_is_one_line_before_any_work(rate, output, capsys):
    assert rate("-o", output) == 1
    one_line(capsys.readouterr(), output)


def test_two_files_of_one_name_keep_apart(rate, waltz, tmp_path):
    first, second = waltz[1][:2]
    other = tmp_path / "again" / first.name
    other.parent.mkdir()
    shutil.copy(second, other)
    assert rate("-o", "out.json", midi=[first, other]) == 0
    assert list(json.loads((tmp_path / "out.json").read_text())["performances"]) == [str(first), str(other)]


@pytest.mark.parametrize(
    ("creator", "composer"),
    [("Franz SCHUBERT (1797-1828)", "Schubert"), ("F. Mendelssohn", ""), ("", "")],
)
def test_the_composer_is_the_one_that_the_score_names(waltz, tmp_path, creator, composer):
    text = waltz[0].read_text()
    (tmp_path / "s.musicxml").write_text(text.replace(">Synthetic</creator>", f">{creator}</creator>"))
    assert score_composer(tmp_path / "s.musicxml") == composer
