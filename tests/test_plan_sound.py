"""What follows from a configuration for models of sound: instruments, shards, embeddings, transcriptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_plan import corpus, no_corpus_from_outside, planned  # noqa: F401 - fixtures

from percepiano_core.errors import UserError
from percepiano_core.plan import spectrograms as spectrograms_module
from percepiano_core.plan.plan import Plan

RIDGE = {"title": "R", "module": "perception.descriptor_models.ridge"}
FONTS = {"first": "a.sf2", "second": "b.sf2"}
STATISTICS = "results/features/mel/piano22k_{}.csv"


def heard(corpus: Path, told: list[str] | None = None, **entry: Any) -> Plan:  # noqa: F811
    entry = {**RIDGE, "inputs": "mel_statistics", "settings": {"feature_sets": ["mel"]}, **entry}
    rendering = {"instruments": FONTS, "usual": "first", "files_a_job": 7}
    return planned(corpus, told, models={"heard": entry}, rendering=rendering)


def test_a_model_hears_the_usual_instrument_where_it_names_none(corpus: Path) -> None:  # noqa: F811
    plan = heard(corpus)
    files = plan.run_inputs("heard", "clean", "performer")
    assert files["mel_statistics"] == STATISTICS.format("first")
    assert "tested_mel_statistics" not in files and "descriptors" not in files
    assert plan.inputs_of(plan.models["heard"]) == "mel_statistics (first)"


def test_a_model_may_learn_from_one_instrument_and_be_tested_on_another(corpus: Path) -> None:  # noqa: F811
    plan = heard(corpus, learned_on="second", tested_on="first")
    files = plan.run_inputs("heard", "clean", "performer")
    assert [files[name] for name in ("mel_statistics", "tested_mel_statistics")] == [
        STATISTICS.format(name) for name in ("second", "first")
    ]
    other = heard(corpus, learned_on="second")
    assert plan.run_digest("heard", "performer") != other.run_digest("heard", "performer")


def test_an_instrument_that_there_is_not_is_one_line(corpus: Path) -> None:  # noqa: F811
    with pytest.raises(UserError, match=r"there is no instrument frist.*did you mean 'first'"):
        heard(corpus, learned_on="frist").run_inputs("heard", "clean", "performer")


def test_a_shard_holds_what_a_job_renders(corpus: Path) -> None:  # noqa: F811
    plan = heard(corpus)
    shards = plan.spectrograms.shards("piano22k", "first")
    assert len(shards) == len(plan.renderings.batches("rated")) == -(-len(plan.corpus.performances) // 7)
    assert plan.spectrograms.sound("rated", "first", 0) == {
        "audio": ["results/recordings/rated/first/audio/0"],
        "tables": ["results/recordings/rated/first/batch_0.csv"],
    }


def test_an_embedding_of_ones_own_needs_no_sound(corpus: Path, tmp_path: Path) -> None:  # noqa: F811
    entry = {**RIDGE, "inputs": "embedding", "embedding": "mine", "settings": {"feature_sets": ["embedding"]}}
    plan = planned(corpus, models={"mine": entry}, embeddings={"mine": {"folder": str(tmp_path / "none")}})
    assert "mine" in {run.model for run in plan.runs}
    with pytest.raises(UserError, match="holds no vector"):
        plan.spectrograms.embedded("mine", "fluidr3")
    name = plan.corpus.performances[0].performance
    (tmp_path / "none").mkdir()
    np.save(tmp_path / "none" / f"{name}.npy", np.zeros(3))
    assert plan.spectrograms.embedded("mine", "fluidr3")["vectors"] == [str(tmp_path / "none" / f"{name}.npy")]


def test_what_is_wrong_with_an_embedding_is_one_line(corpus: Path) -> None:  # noqa: F811
    entry = {**RIDGE, "inputs": "embedding", "embedding": "min", "settings": {"feature_sets": ["embedding"]}}
    with pytest.raises(UserError, match=r"models.mine.embedding: 'min' is not an embedding.*did you mean 'mine'"):
        _ = planned(corpus, models={"mine": entry}, embeddings={"mine": {"folder": "x"}}).runs
    with pytest.raises(UserError, match="is not a module that embeds"):
        planned(corpus, embeddings={"mine": {"module": "symbolic.midibert.midibert"}})


def test_descriptors_are_heard_from_no_instrument(corpus: Path) -> None:  # noqa: F811
    entry = {**RIDGE, "inputs": "descriptors", "tested_on": "fluidr3"}
    with pytest.raises(UserError, match=r"models.heard.tested_on: 'fluidr3' is not what it can hear"):
        _ = planned(corpus, models={"heard": entry}).runs


def test_transcriptions_are_of_test_roles_alone(
    corpus: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spectrograms_module.Spectrograms, "lacking_usual", lambda self: "")
    entry = {**RIDGE, "inputs": "descriptors", "tested_on": "transcription", "splits": ["performer"]}
    plan = planned(corpus, models={"heard": entry}, transcription={"folder": "midi"})
    files = plan.run_inputs("heard", "clean", "performer")
    assert files["descriptors"] == "results/features/descriptors.csv"
    assert files["tested_descriptors"] == "results/features/transcribed.csv"
    performers = {name: each.performer for name, each in ((p.performance, p) for p in plan.corpus.performances)}
    tested = {performers[name] for name in plan.transcriptions.names}
    assert tested and tested < set(performers.values())
    assert "tested on transcriptions" in plan.inputs_of(plan.models["heard"])
    everything = planned(corpus, transcription={"tested_in": []}).transcriptions.names
    assert len(everything) == len(plan.corpus.performances)
