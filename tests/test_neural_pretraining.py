"""The MidiBERT-style model as a trainable network, and the masked pre-training that it may start from."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from killed_runs import run_to_the_end, run_until_killed
from neural_cases import made_corpus
from word_cases import LITTLE, PLAN, collection

from percepiano_core.corpus.midi import NOTE_DTYPE, PerformedMidi
from percepiano_core.corpus.midi_collections import collect_performances
from percepiano_core.errors import UserError
from percepiano_core.features.assembly import NoteTable
from percepiano_core.features.performed_notes import performed_notes, performed_table
from percepiano_core.perception.folds import Roles
from percepiano_core.perception.selection import r2_mean
from percepiano_core.store.notes import read_notes, write_notes
from percepiano_core.store.words import WordCollection, read_words, write_words
from percepiano_core.symbolic.midibert import word_model
from percepiano_core.symbolic.midibert.compound_words import VOCABULARY, compound_words
from percepiano_core.symbolic.midibert.encoder_weights import load_encoder, write_encoder
from percepiano_core.symbolic.midibert.masked_words import WordPlan, WordTask, pretraining_roles
from percepiano_core.symbolic.midibert.word_model import LONGEST, BertSize, WordEncoder
from percepiano_core.symbolic.networks.fold import FittedFold, fit_fold
from percepiano_core.symbolic.networks.network import load_trainable
from percepiano_core.symbolic.networks.network_file import read_network, write_network
from percepiano_core.symbolic.networks.pretraining import Pretrainer
from percepiano_core.symbolic.networks.recipe import recipe

QUICK = {"optimiser": "adamw", "epochs": 20, "batch_size": 8, "learning_rate": 0.01}
PUBLISHED = {
    "optimiser": "adamw",
    "learning_rate": 1e-5,
    "weight_decay": 0.01,
    "decay": 1.0,
    "clip": 0,
    "select_on": "r2",
    "patience": 20,
}  # docs/midibert.md


@pytest.fixture(autouse=True)
def _a_little_model(monkeypatch):
    monkeypatch.setitem(word_model.SIZES, "tiny", LITTLE)


def performed(rng: np.random.Generator, n: int, length: float, lowest: int, resolution: int = 480) -> PerformedMidi:
    """`n` notes an eighth apart, of about `length` eighths, from `lowest` up."""
    notes = np.zeros(n, dtype=NOTE_DTYPE)
    notes["onset_tick"] = np.arange(n) * resolution // 2 + rng.integers(0, resolution // 20, n)
    notes["offset_tick"] = notes["onset_tick"] + np.maximum(1, resolution / 2 * length * rng.uniform(0.9, 1.1, n))
    notes["pitch"] = lowest + rng.integers(0, 5, n)
    notes["velocity"] = 64
    return PerformedMidi(notes, np.zeros(0), resolution, 0.0)


def word_corpus(n: int = 64) -> tuple[Roles, dict[str, NoteTable]]:
    """Ratings that follow from how long and how high is played, which compound words tell."""
    roles, _ = made_corpus(n)
    rng, notes = np.random.default_rng(0), {}
    for examples in (roles.train, roles.valid, roles.test):
        for name, (high, long) in zip(examples.performances.tolist(), examples.features, strict=True):
            playing = performed(rng, 12 + len(notes) % 5, float(np.exp(long)), int(60 + 10 * high))
            notes[name] = performed_table(playing)
    return roles, notes


def fit(n: int = 64, **settings: object) -> FittedFold:
    roles, notes = word_corpus(n)
    return fit_fold(
        load_trainable("symbolic.midibert.midibert"), roles, notes, {"training": QUICK, **settings}, 0, report=len
    )


def test_the_network_learns_how_ratings_follow_from_the_notes_played():
    roles, _ = word_corpus(96)
    weights = np.random.default_rng(1).normal(size=(2, 19))
    labels = 1 / (1 + np.exp(-0.7 * roles.test.features @ weights))
    assert r2_mean(labels, fit(96).test) > 0.3


def test_a_network_comes_back_from_its_file(tmp_path):
    fitted = fit(training=QUICK | {"epochs": 1})
    write_network(tmp_path / "weights.safetensors", "symbolic.midibert.midibert", fitted.network)
    restored, (roles, notes) = read_network(tmp_path / "weights.safetensors"), word_corpus()
    with torch.inference_mode():
        predicted = torch.sigmoid(restored.module(restored.collate(restored.encode(roles.test, notes)))).numpy()
    np.testing.assert_allclose(predicted, fitted.test, atol=1e-6)


def test_the_history_tells_gradients_scale_and_evenness_of_the_pooling():
    (numbers,) = fit(training=QUICK | {"epochs": 1}).state.history
    assert {"gradient_encoder_layers", "gradient_fc2", "scale_encoder"} <= {
        "_".join(name.split("_")[:3]) if name.startswith("gradient_encoder") else name.removesuffix("_weight")
        for name in numbers
    }
    assert 0.9 < numbers["attention_pool"] <= 1


def test_padding_is_attended_and_pooled_only_as_published():
    roles, notes = word_corpus(8)
    module = load_trainable("symbolic.midibert.midibert")
    ours, published = (module.prepare(roles.train, notes, {"attend_padding": attended}) for attended in (False, True))
    published.module.load_state_dict(ours.module.state_dict())
    batches = [each.collate(each.encode(roles.train, notes)) for each in (ours, published)]
    assert [batch.words.shape[1] for batch in batches] == [max(map(len, ours.encode(roles.train, notes))), LONGEST]
    logits = [each.module(batch) for each, batch in zip((ours, published), batches, strict=True)]
    assert not torch.allclose(*logits, atol=1e-4)


def test_the_published_recipe_can_be_followed():
    plan = recipe("published", PUBLISHED)
    assert (plan.batch_size, plan.batching, plan.epochs, plan.schedule) == (8, "shuffled", 100, "steps")
    fitted = fit(training=PUBLISHED | {"epochs": 1}, recipe="published")
    assert fitted.network.groups(plan.learning_rate)[0]["lr"] == 1e-5


@pytest.mark.parametrize(("settings", "named"), [({"preset": "bilstm"}, "preset"), ({"size": "huge"}, "huge")])
def test_a_setting_that_does_not_exist_is_named(settings, named):
    with pytest.raises(UserError, match=named):
        fit(**settings)


def test_performed_notes_are_kept_exactly_in_ticks(tmp_path):
    playing = performed(np.random.default_rng(0), 30, 1.0, 60, resolution=1024)
    write_notes(tmp_path / "performed.h5", {"a": performed_table(playing)})
    notes, resolution = performed_notes(read_notes(tmp_path / "performed.h5")["a"])
    assert resolution == 1024
    for field in ("onset_tick", "offset_tick", "pitch", "velocity"):
        np.testing.assert_array_equal(notes[field], playing.notes[field])


def test_an_encoder_starts_from_weights_of_its_size_and_no_other(tmp_path):
    path, encoder, other = tmp_path / "e.safetensors", WordEncoder(LITTLE), WordEncoder(LITTLE)
    write_encoder(path, LITTLE, encoder.state_dict())
    load_encoder(path, other)
    for value, expected in zip(other.state_dict().values(), encoder.state_dict().values(), strict=True):
        assert torch.equal(value, expected)
    with pytest.raises(UserError, match="another size"):
        load_encoder(path, WordEncoder(BertSize(hidden=8, layers=1, heads=2, inner=16)))
    path.write_bytes(b"no weights")
    with pytest.raises(UserError, match="weights of an encoder"):
        load_encoder(path, other)


def test_a_pretrained_network_starts_where_pre_training_ended(tmp_path):
    path, (roles, notes) = tmp_path / "e.safetensors", word_corpus(8)
    task = WordTask(LITTLE, 0)
    Pretrainer(task, PLAN, 0, report=len).train(*pretraining_roles(collection(), PLAN))
    write_encoder(path, LITTLE, task.module.encoder.state_dict())
    network = load_trainable("symbolic.midibert.midibert").prepare(roles.train, notes, {"pretrained": str(path)})
    expected = task.module.encoder.state_dict()
    found = {name.removeprefix("encoder."): value for name, value in network.module.state_dict().items()}
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert "pretrained" not in network.description


def test_features_of_notes_cannot_be_guessed_by_a_network_that_reads_words():
    with pytest.raises(UserError, match="masked_notes"):
        fit(masked_notes={"epochs": 1})


def test_pre_training_guesses_notes_of_pieces_that_it_never_saw():
    plan = WordPlan(notes=16, epochs=8, batches=12, batch_size=8, learning_rate=0.02)
    roles = pretraining_roles(collection(20), plan)
    history = Pretrainer(WordTask(LITTLE, 0), plan, 0, report=len).train(*roles).history
    assert history[-1]["valid_loss"] < 0.9 * history[0]["valid_loss"]
    assert history[-1]["right_duration"] == 1


def test_no_piece_is_learned_from_and_judged_by():
    made = collection()
    marked = WordCollection(made.pieces, [np.full_like(w, i // 2) for i, w in enumerate(made.words)])
    learned, judged = ({int(part[0, 0]) for part in role} for role in pretraining_roles(marked, PLAN))
    assert len(judged) == 2 and not learned & judged and len(learned | judged) == 10
    assert all(len(part) <= PLAN.notes for role in pretraining_roles(marked, PLAN) for part in role)
    with pytest.raises(UserError, match="1 piece"):
        pretraining_roles(WordCollection(["a", "a"], made.words[:2]), PLAN)


RUN = """
import sys
from pathlib import Path
from word_cases import LITTLE, PLAN, collection
from dataclasses import replace
from percepiano_core.symbolic.midibert.encoder_weights import write_encoder
from percepiano_core.symbolic.midibert.masked_words import WordTask, pretraining_roles
from percepiano_core.symbolic.networks.pretraining import Pretrainer
folder = Path(sys.argv[1])
told = lambda line: print(line, flush=True)
plan = replace(PLAN, epochs=5, batches=25)
task = WordTask(LITTLE, 0)
Pretrainer(task, plan, 0, state_path=folder / "state", report=told).train(*pretraining_roles(collection(20), plan))
write_encoder(folder / "e.safetensors", LITTLE, task.module.encoder.state_dict())
"""


def test_pre_training_killed_in_an_epoch_and_taken_up_gives_the_same_weights(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run_to_the_end(RUN, whole)
    run_until_killed(RUN, killed, "epoch 2", seconds=0.1)  # into the third epoch
    assert not (killed / "e.safetensors").exists()
    assert "taken up after epoch" in run_to_the_end(RUN, killed)
    assert (killed / "e.safetensors").read_bytes() == (whole / "e.safetensors").read_bytes()


def test_words_come_back_from_their_file(tmp_path):
    made = collection()
    write_words(tmp_path / "words.h5", made)
    found = read_words(tmp_path / "words.h5")
    assert found.pieces == made.pieces
    for words, expected in zip(found.words, made.words, strict=True):
        np.testing.assert_array_equal(words, expected)


def test_rated_works_are_left_out_and_nothing_is_taken_twice(tmp_path):
    asap, maestro = tmp_path / "asap", tmp_path / "maestro"
    asap.mkdir()
    maestro.mkdir()
    (asap / "metadata.csv").write_text(
        "composer,title,midi_performance,maestro_midi_performance\n"
        "Bach,Fugue,a.mid,\nBach,Prelude,b.mid,{maestro}/m.midi\nSchubert,Impromptu_op142_3,c.mid,\nBach,Gigue,gone.mid,\n"
    )
    (maestro / "maestro-v3.0.0.csv").write_text(
        "canonical_composer,canonical_title,midi_filename\n"
        'Bach,Prelude and Fugue,m.midi\nFranz Schubert,"Sonata in B-flat Major, D. 960",n.midi\n'
    )
    for path in (asap / "a.mid", asap / "b.mid", asap / "c.mid", maestro / "m.midi", maestro / "n.midi"):
        path.touch()
    left_out = ["schubert.*op[. ]*142", r"schubert.*D\.? ?960"]

    def found(*roots: Path | None) -> list[str]:
        return [each.midi.name for each in collect_performances(*roots, left_out)]

    assert found(asap, None) == ["a.mid", "b.mid"]
    assert found(asap, maestro) == ["a.mid", "m.midi"]
    assert found(None, None) == []
    with pytest.raises(UserError, match="metadata"):
        found(maestro, None)
    with pytest.raises(UserError, match="expression"):
        collect_performances(asap, None, ["("])


def test_the_configured_expressions_leave_out_all_rated_works_under_their_other_names():
    schema = yaml.safe_load((Path(__file__).parent.parent / "rules/schemas/config.schema.yaml").read_text())
    patterns = schema["properties"]["pretraining"]["properties"]["leave_out"]["default"]
    rated = [
        "Schubert: Impromptu_op142_3",
        "Franz Schubert: Impromptu Op. 142 No. 3 in B-flat Major",
        "Franz Schubert: Four Impromptus, D. 935",
        "Franz Schubert: Sonata in B-flat Major, D960",
        "Ludwig van Beethoven: 32 Variations in C Minor, WoO 80",
        "Ludwig van Beethoven: Thirty-two Variations",
        "Ludwig van Beethoven: Variations in C minor",
    ]
    others = [
        "Schubert: Impromptu_op.90_D.899_3",
        "Schubert: Piano_Sonatas_664-1",
        "Beethoven: Piano_Sonatas_32-1",
        "Ludwig van Beethoven: Eroica Variations, Op. 35",
    ]
    kept = [name for name in rated + others if not any(re.search(p, name, re.IGNORECASE) for p in patterns)]
    assert kept == others


def test_words_are_the_same_from_the_store(tmp_path):
    playing = performed(np.random.default_rng(1), 50, 1.3, 50)
    write_notes(tmp_path / "performed.h5", {"a": performed_table(playing)})
    notes, resolution = performed_notes(read_notes(tmp_path / "performed.h5")["a"])
    words = compound_words(notes, resolution)
    np.testing.assert_array_equal(words, compound_words(playing.notes, 480))
    assert words.shape == (50, len(VOCABULARY))
