"""The MidiBERT-style model as a trainable network, and the masked pre-training that it may start from."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from killed_runs import run_to_the_end, run_until_killed
from neural_cases import QUIET, network_of, predicted, train_fold
from word_cases import LITTLE, PRETRAINING, SIZE, collection, performed, word_corpus

from percepiano_core.corpus.midi_collections import collect_performances
from percepiano_core.errors import UserError
from percepiano_core.features.performed_notes import performed_notes, performed_table
from percepiano_core.perception.selection import r2_mean
from percepiano_core.store.notes import read_notes, write_notes
from percepiano_core.store.words import WordCollection, read_words, write_words
from percepiano_core.symbolic.midibert.compound_words import VOCABULARY, compound_words
from percepiano_core.symbolic.midibert.encoder_weights import load_encoder, write_encoder
from percepiano_core.symbolic.midibert.masked_words import pretraining_roles
from percepiano_core.symbolic.midibert.pretraining import pretrain
from percepiano_core.symbolic.midibert.settings import BertSize, WordNetworkSettings
from percepiano_core.symbolic.midibert.word_model import LONGEST, WordEncoder
from percepiano_core.symbolic.midibert.word_network import prepared_network
from percepiano_core.symbolic.networks.network_file import read_network, write_network
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.run import Trained
from percepiano_core.training.settings import built

QUICK = {"optimiser": "adamw", "epochs": 20, "batch_size": 8, "learning_rate": 0.01}
PUBLISHED = {
    "preset": "published",
    "optimiser": "adamw",
    "learning_rate": 1e-5,
    "weight_decay": 0.01,
    "decay": 1.0,
    "clip": 0,
    "select_on": "r2",
    "patience": 20,
}  # docs/midibert.md


def fit(n: int = 64, **settings: object) -> Trained[np.ndarray]:
    roles, notes = word_corpus(n)
    return train_fold("symbolic.midibert.midibert", roles, notes, {"size": SIZE, "recipe": QUICK, **settings})


def test_the_network_learns_how_ratings_follow_from_the_notes_played():
    roles, _ = word_corpus(96)
    weights = np.random.default_rng(1).normal(size=(2, 19))
    labels = 1 / (1 + np.exp(-0.7 * roles.test.features @ weights))
    assert r2_mean(labels, fit(96).test) > 0.3


def test_a_network_comes_back_from_its_file(tmp_path):
    fitted = fit(recipe=QUICK | {"epochs": 1})
    fitted.write_weights(tmp_path / "weights.safetensors")
    restored, (roles, notes) = read_network(tmp_path / "weights.safetensors"), word_corpus()
    np.testing.assert_allclose(predicted(restored, roles.test, notes), fitted.test, atol=1e-6)


def test_a_network_whose_file_names_a_size_is_read(tmp_path):
    network = prepared_network(built(WordNetworkSettings, {"size": {"preset": "tiny"}}))
    network.description["size"] = "tiny"
    write_network(tmp_path / "w", "symbolic.midibert.midibert", network)
    restored = read_network(tmp_path / "w")
    assert restored.description["size"]["hidden"] == 128
    assert all(torch.equal(restored.module.state_dict()[k], v) for k, v in network.module.state_dict().items())


def test_the_history_tells_gradients_scale_and_entropy_of_the_pooling():
    (numbers,) = fit(recipe=QUICK | {"epochs": 1}).result.history
    assert {"gradient_encoder_layers", "gradient_fc2", "scale_encoder"} <= {
        "_".join(name.split("_")[:3]) if name.startswith("gradient_encoder") else name.removesuffix("_weight")
        for name in numbers
    }
    assert 0.9 < numbers["attention_pool"] <= 1


def test_padding_is_attended_and_pooled_only_as_published():
    roles, notes = word_corpus(8)
    ours, published = (
        prepared_network(built(WordNetworkSettings, {"size": SIZE, "attend_padding": attended}))
        for attended in (False, True)
    )
    published.module.load_state_dict(ours.module.state_dict())
    batches = [each.collate(each.encode(roles.train, notes)) for each in (ours, published)]
    assert [batch.words.shape[1] for batch in batches] == [max(map(len, ours.encode(roles.train, notes))), LONGEST]
    logits = [each.module(batch) for each, batch in zip((ours, published), batches, strict=True)]
    assert not torch.allclose(*logits, atol=1e-4)


def test_the_published_recipe_can_be_followed():
    plan = built(Recipe, PUBLISHED)
    assert (plan.batch_size, plan.batching, plan.epochs, plan.schedule) == (8, "shuffled", 100, "steps")
    fitted = fit(recipe=PUBLISHED | {"epochs": 1})
    assert network_of(fitted).groups(plan.learning_rate)[0]["lr"] == 1e-5


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
    path = tmp_path / "weights.safetensors"
    trained = pretrain(collection(), PRETRAINING, 0, QUIET)
    trained.write_weights(path)
    network = prepared_network(built(WordNetworkSettings, {"size": SIZE, "pretrained": str(path)}))
    found = {name.removeprefix("encoder."): value for name, value in network.module.state_dict().items()}
    assert all(np.array_equal(found[name], value) for name, value in trained.weights.items())
    assert "pretrained" not in network.description


def test_pre_training_tells_notes_of_pieces_that_it_never_saw():
    recipe = {"epochs": 8, "examples_an_epoch": 96, "batch_size": 8, "learning_rate": 0.02}
    history = pretrain(collection(20), {"size": SIZE, "notes": 16, "recipe": recipe}, 0, QUIET).result.history
    assert history[-1]["valid_loss"] < 0.9 * history[0]["valid_loss"]
    assert history[-1]["right_duration"] == 1


def test_no_piece_is_learned_from_and_validated_on():
    made = collection()
    marked = WordCollection(made.pieces, [np.full_like(w, i // 2) for i, w in enumerate(made.words)])
    learned, judged = ({int(part[0, 0]) for part in role} for role in pretraining_roles(marked, 16, 0.2))
    assert len(judged) == 2 and not learned & judged and len(learned | judged) == 10
    assert all(len(part) <= 16 for role in pretraining_roles(marked, 16, 0.2) for part in role)
    with pytest.raises(UserError, match="1 piece"):
        pretraining_roles(WordCollection(["a", "a"], made.words[:2]), 16, 0.2)


RUN = """
import sys
from pathlib import Path
from word_cases import PRETRAINING, collection
from percepiano_core.symbolic.midibert.pretraining import pretrain
from percepiano_core.training.run import TrainingRun
folder = Path(sys.argv[1])
recipe = {"epochs": 5, "examples_an_epoch": 100, "batch_size": 4, "learning_rate": 0.01}
run = TrainingRun(folder / "c", folder / "history.csv", report=lambda line: print(line, flush=True))
pretrain(collection(20), {**PRETRAINING, "recipe": recipe}, 0, run).write_weights(folder / "e.safetensors")
"""


@pytest.mark.slow
def test_pre_training_killed_in_an_epoch_and_resumed_gives_the_same_weights(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run_to_the_end(RUN, whole)
    run_until_killed(RUN, killed, "epoch 2", seconds=0.1)  # into the third epoch
    assert not (killed / "e.safetensors").exists()
    assert "resumed after epoch" in run_to_the_end(RUN, killed)
    for name in ("e.safetensors", "history.csv"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


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
        "canonical_composer,canonical_title,split,midi_filename\n"
        'Bach,Prelude and Fugue,train,m.midi\nFranz Schubert,"Sonata in B-flat Major, D. 960",train,n.midi\n'
        "Bach,Toccata,validation,v.midi\nBach,Toccata,test,t.midi\n"
    )
    for path in (asap / "a.mid", asap / "b.mid", asap / "c.mid", *(maestro / f"{name}.midi" for name in "mnvt")):
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
