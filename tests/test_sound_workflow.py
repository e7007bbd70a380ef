"""From the rated performances to what models hear: rendered or recorded, as spectrograms, as statistics, as a row."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from workflow_runs import REPOSITORY, new_run, snakemake

from percepiano_core.corpus.readers import survey
from percepiano_core.quality import read_quality
from percepiano_core.store.predictions import read_predictions
from percepiano_core.training.run_folder import read_run_info

pytestmark = pytest.mark.slow

FONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
RUN = "results/runs/perception/clean/{}/performer/fold0/seed0"
LARGE_BATCH = {"files_a_job": 100}
SPLITS = {"names": ["performer"]}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def needs_fluidsynth() -> None:
    if not (shutil.which("fluidsynth") and FONT.is_file()):
        pytest.skip("needs FluidSynth and a small font (apt-get install fluidsynth timgm6mb-soundfont)")


def test_a_model_learns_from_rendered_performances_and_is_tested_on_another_instrument(tmp_path: Path) -> None:
    needs_fluidsynth()
    other = tmp_path / "other.sf2"
    shutil.copy(FONT, other)
    rendering = {"usual": "timgm6mb", "instruments": {"other": str(other)}, **LARGE_BATCH}
    models = {"mel_ridge": {}, "mel_trees_unseen": {"tested_on": "other", "settings": {"trees": 5}}}
    run = new_run(tmp_path, segments=3, splits=SPLITS, rendering=rendering, models=models)
    targets = [RUN.format(name) + "/predictions.csv" for name in models]
    snakemake(run, *targets, code=REPOSITORY)
    learned, tested = (rows_of(run / f"results/features/mel/piano22k_{name}.csv") for name in ("timgm6mb", "other"))
    assert learned == tested  # the same font under another name
    assert len(learned[0]) == 284
    told = [read_run_info(run / RUN.format(name)).inputs for name in models]
    assert told == ["mel_statistics (timgm6mb)", "mel_statistics (timgm6mb, tested on other)"]
    assert "Nothing to be done" in snakemake(run, *targets, code=REPOSITORY)


def test_recordings_are_heard_where_a_folder_has_them(tmp_path: Path) -> None:
    folder = tmp_path / "sound"
    audio = {"recordings": str(folder), "instrument": "recordings"}
    run = new_run(tmp_path, segments=2, splits=SPLITS, audio=audio, rendering=LARGE_BATCH)
    names = [each.performance for each in survey("manifest", run / "corpus")[0]]
    folder.mkdir()
    for place, name in enumerate(names[:-1]):
        wave = 0.1 * np.sin(2 * np.pi * (200 + 20 * place) * np.arange(22050) / 22050)
        soundfile.write(folder / f"{name}.flac", wave if place else 0 * wave, 22050)
    table, shard = "results/features/mel/piano22k_recordings.csv", "results/quality/mel/piano22k_rated_recordings_0.csv"
    snakemake(run, table, code=REPOSITORY)
    assert {row["performance"] for row in rows_of(run / table)} == set(names[1:-1])
    (line,) = read_quality(run / shard)
    assert (line.stage, line.subject) == ("spectrograms", names[0])
    assert "silent" in line.problem


def test_a_model_is_tested_on_transcriptions_that_another_program_made(tmp_path: Path) -> None:
    sound = tmp_path / "sound"
    sound.mkdir()
    run = new_run(
        tmp_path,
        3,
        splits=SPLITS,
        audio={"recordings": str(sound), "instrument": "recordings"},
        transcription={"folder": str(tmp_path / "transcribed")},
        models={
            "transcribed_trees": {"settings": {"trees": 5}, "learned_on": "", "tested_on": "transcription"},
            "extra_trees": {"settings": {"trees": 5}},
        },
    )
    for each in survey("manifest", run / "corpus")[0]:
        soundfile.write(sound / f"{each.performance}.flac", np.full(100, 0.1), 22050)
        (tmp_path / "transcribed").mkdir(exist_ok=True)
        shutil.copy(run / "corpus" / each.midi, tmp_path / "transcribed" / f"{each.performance}.mid")
    folders = [run / RUN.format(name) for name in ("transcribed_trees", "extra_trees")]
    distances = "results/transcribed/note_distances.csv"
    targets = [str((folder / "predictions.csv").relative_to(run)) for folder in folders]
    snakemake(run, *targets, distances, code=REPOSITORY)
    assert read_run_info(folders[0]).inputs == "descriptors (tested on transcriptions)"
    heard, read = (read_predictions(folder / "predictions.csv")[0] for folder in folders)
    np.testing.assert_array_equal(heard.predictions, read.predictions)  # the "transcriptions" are the true files
    rows = rows_of(run / distances)
    assert {row["performance"] for row in rows} >= set(heard.performances)
    assert {float(row["f1"]) for row in rows} == {1.0}


def test_vectors_of_an_encoder_of_ones_own_make_a_row_by_one_entry(tmp_path: Path) -> None:
    vectors = tmp_path / "vectors"
    entry = {
        "title": "Ridge on my encoder",
        "module": "perception.descriptor_models.ridge",
        "inputs": "embedding",
        "embedding": "mine",
        "settings": {"feature_sets": ["embedding"]},
    }
    embeddings = {"mine": {"folder": str(vectors)}}
    run = new_run(tmp_path, 3, splits=SPLITS, embeddings=embeddings, models={"mine_ridge": entry})
    names = [each.performance for each in survey("manifest", run / "corpus")[0]]
    vectors.mkdir()
    for place, name in enumerate(names):
        np.save(vectors / f"{name}.npy", np.random.default_rng(place).normal(size=(7, 4)))
    (vectors / f"{names[0]}.npy").write_bytes(b"none")
    folder, quality = run / RUN.format("mine_ridge"), run / "results/quality/embedding/mine_fluidr3.csv"
    snakemake(run, str((folder / "predictions.csv").relative_to(run)), str(quality.relative_to(run)), code=REPOSITORY)
    assert read_run_info(folder).inputs == "embedding (mine)"
    table = rows_of(run / "results/features/embedding/mine_fluidr3.csv")
    assert {row["performance"] for row in table} == set(names[1:])
    assert len(table[0]) == 1 + 2 * 4
    (line,) = read_quality(quality)
    assert (line.subject, line.remedy) == (names[0], "write it by numpy.save")


def test_models_that_cannot_hear_are_left_out_in_one_line_each(tmp_path: Path) -> None:
    rendering = {"instruments": {"lost": "no_such_font.sf2"}}
    models = {"mel_ridge": {"learned_on": "lost"}}
    run = new_run(tmp_path, segments=2, splits=SPLITS, rendering=rendering, models=models)
    told = snakemake(run, "--dry-run", code=REPOSITORY)
    assert told.count("model mel_ridge: left out, no_such_font.sf2: no such sound font") == 1
