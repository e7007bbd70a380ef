"""Compound words by hand; the encoder against plain formulas; counts of the published size."""

import numpy as np
import pytest
import torch

from percepiano_core.corpus.midi import NOTE_DTYPE, read_performance
from percepiano_core.symbolic.han.published.parameters import count_parameters
from percepiano_core.symbolic.midibert.compound_words import MASK, PADDING, VOCABULARY, compound_words
from percepiano_core.symbolic.midibert.settings import LONGEST, BertSize
from percepiano_core.symbolic.midibert.word_masking import mask_notes
from percepiano_core.symbolic.midibert.word_model import (
    MaskedWordModel,
    RelativeAttention,
    WordEncoder,
    WordModel,
    collate_words,
    word_parts,
)
from percepiano_core.training.settings import built

LITTLE = BertSize(hidden=12, layers=2, heads=3, inner=16, dropout=0.0, pool_hidden=5)


def _notes(*rows):
    notes = np.zeros(len(rows), dtype=NOTE_DTYPE)
    for note, row in zip(notes, rows, strict=True):
        note["onset_tick"], note["offset_tick"], note["pitch"] = row
    return notes


def _random_words(rng, n):
    return np.column_stack([rng.integers(0, size - 2, n) for size in VOCABULARY.values()])


def test_words_of_notes_by_hand():
    notes = _notes(
        (0, 480, 60),  # a quarter: 480 is the eighth of the steps of 60
        (60, 90, 22),  # between two positions: the lower; as long as half a step: the first
        (61, 151, 107),  # 90 lies between 60 and 120: the lower
        (1919, 2519, 61),  # nearest position is the next bar's first
        (1925, 9999, 62),  # longer than any step
        (5 * 1920 + 700, 5 * 1920 + 701, 63),  # the last note moves back before its own onset: bars may be skipped
    )
    assert compound_words(notes, 480).tolist() == [
        [0, 0, 38, 7],
        [1, 0, 0, 0],
        [1, 1, 85, 0],
        [0, 0, 39, 9],
        [1, 0, 40, 63],
        [0, 5, 41, 0],
    ]


def test_the_last_note_moves_back_from_its_own_grid_point():
    assert compound_words(_notes((0, 60, 60), (240, 300, 60)), 480)[:, 1].tolist() == [0, 1]
    assert compound_words(_notes((0, 60, 60)), 480).tolist() == [[0, 0, 38, 0]]
    assert compound_words(_notes(), 480).shape == (0, 4)


def test_ticks_are_brought_to_one_resolution_unless_legacy():
    notes, fine = (
        _notes((0, 480, 60), (480, 960, 60), (960, 1440, 60)),
        _notes((0, 960, 60), (960, 1920, 60), (1920, 2880, 60)),
    )
    assert compound_words(fine, 960).tolist() == compound_words(notes, 480).tolist()
    assert compound_words(fine, 960, legacy_ticks=True).tolist() != compound_words(notes, 480).tolist()


def test_pitches_beyond_the_vocabulary_get_the_nearest():
    assert compound_words(_notes((0, 60, 21), (0, 60, 108)), 480)[:, 2].tolist() == [0, 85]


def test_words_of_a_real_performance_are_within_the_vocabulary(percepiano_files):
    path = sorted((percepiano_files).rglob("*.mid"))[0]
    midi = read_performance(path)
    words = compound_words(midi.notes, midi.ticks_per_quarter)
    assert len(words) == len(midi.notes) and words.min() >= 0
    assert (words < PADDING).all() and words[0, 0] == 0


def test_counts_are_those_of_the_published_size(monkeypatch):
    monkeypatch.setattr(torch.nn.init, "normal_", lambda tensor, *_, **__: tensor)  # slow to load on the meta device
    with torch.device("meta"):
        model = WordModel(built(BertSize, {"preset": "published"}))
        masked = MaskedWordModel(model.encoder)
    assert tuple(VOCABULARY.values()) == (4, 18, 88, 66)
    assert count_parameters(model) == 87_565_843
    assert count_parameters(masked) - count_parameters(model.encoder) == 111_235_504 - 111_100_160


def test_relative_attention_equals_the_formula():
    torch.manual_seed(0)
    attention, x = RelativeAttention(LITTLE).eval(), torch.randn(2, 7, 12)
    mask = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])
    q, k, v = (layer(x).view(2, 7, 3, 4) for layer in (attention.query, attention.key, attention.value))
    expected = torch.zeros(2, 7, 3, 4)
    for b in range(2):
        for h in range(3):
            for i in range(7):
                keys = torch.arange(7)[mask[b]]
                e = attention.distance.weight[i - keys + LONGEST - 1]
                scores = (k[b, keys, h] @ q[b, i, h] + e @ q[b, i, h] + (e * k[b, keys, h]).sum(1)) / 2
                expected[b, i, h] = scores.softmax(0) @ v[b, keys, h]
    torch.testing.assert_close(attention(x, mask), attention.out(expected.flatten(2)), atol=1e-6, rtol=0)


def test_logits_do_not_depend_on_the_company_unless_padding_is_legacy():
    torch.manual_seed(0)
    rng, model = np.random.default_rng(0), WordModel(LITTLE).eval()
    performances = [_random_words(rng, n) for n in (5, 30, 12)]
    together = model(collate_words(performances))
    alone = torch.cat([model(collate_words([words])) for words in performances])
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=0)
    legacy = collate_words(performances[:1], legacy_padding=True)
    assert legacy.words.shape == (1, LONGEST, 4) and legacy.mask.all()
    assert (legacy.words[0, 5:] == torch.from_numpy(PADDING)).all()
    assert not torch.allclose(model(legacy), alone[:1], atol=1e-4)


def test_a_performance_of_more_notes_is_rated_by_the_mean_of_its_parts():
    torch.manual_seed(0)
    rng, model = np.random.default_rng(0), WordModel(LITTLE).eval()
    long, short = _random_words(rng, 2 * LONGEST + 1), _random_words(rng, 9)
    parts = word_parts(long)
    assert [len(part) for part in parts] == [342, 342, 341]
    with torch.inference_mode():
        expected = torch.stack([model(collate_words(parts)).mean(0), model(collate_words([short]))[0]])
        torch.testing.assert_close(model(collate_words([long, short])), expected, atol=1e-6, rtol=0)


def test_no_notes_are_refused():
    with pytest.raises(ValueError, match="no notes"):
        collate_words([np.zeros((0, 4), int)])


def test_masked_notes_have_the_published_shares():
    rng = np.random.default_rng(0)
    batch = collate_words([_random_words(rng, n) for n in [400] * 60 + [3]])
    shown, chosen = mask_notes(batch, torch.Generator().manual_seed(1))
    assert (chosen.sum(1) == torch.tensor([60] * 60 + [1])).all() and not (chosen & ~batch.mask).any()
    assert torch.equal(shown.words[~chosen], batch.words[~chosen])
    masked = (shown.words == torch.from_numpy(MASK)).all(-1)[chosen].float().mean().item()
    kept = (shown.words == batch.words).all(-1)[chosen].float().mean().item()
    assert masked == pytest.approx(0.8, abs=0.03) and kept == pytest.approx(0.1, abs=0.03)


def test_pre_training_learns_to_predict_a_constant_word():
    torch.manual_seed(0)
    model, generator = MaskedWordModel(WordEncoder(LITTLE)), torch.Generator().manual_seed(0)
    batch = collate_words([np.tile([1, 3, 40, 7], (20, 1))])
    optimiser, losses = torch.optim.AdamW(model.parameters(), 3e-2), []
    for _ in range(15):
        masked, chosen = mask_notes(batch, generator)
        loss, right = model.loss(masked, batch.words, chosen)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert right.tolist() == [1, 1, 1, 1]
