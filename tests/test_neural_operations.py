"""Vectorised operations against plain loops on random hierarchies; the recurrence against the library's own."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from neural_golden import performance

from percepiano_core.errors import DataError, UserError
from percepiano_core.symbolic.han.architecture import Architecture, Options
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.layers.attention import ContextAttention, LinearAttention
from percepiano_core.symbolic.han.layers.recurrence import SequenceLSTM, unroll
from percepiano_core.symbolic.han.layers.segments import segment_entropy, segment_softmax, segment_sum
from percepiano_core.symbolic.han.notes.note_sequences import collate, note_sequence

CPU = torch.device("cpu")
HIERARCHY = st.tuples(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 30), min_size=1, max_size=6))


def _batch(hierarchy):
    seed, lengths = hierarchy
    rng = np.random.default_rng(seed)
    return collate([performance(rng, n) for n in lengths]), torch.Generator().manual_seed(seed)


def _random(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@given(HIERARCHY)
@settings(max_examples=40, deadline=None)
def test_segment_operations_equal_a_loop(hierarchy):
    batch, generator = _batch(hierarchy)
    owner, n = batch.beat_of_note, len(batch.beats.owner)
    rows = 30 * _random(generator, len(owner), 3)
    weights, sums = segment_softmax(rows, owner, n), segment_sum(rows, owner, n)
    entropies = []
    for segment in range(n):
        inside = owner == segment
        torch.testing.assert_close(weights[inside], rows[inside].softmax(0))
        torch.testing.assert_close(sums[segment], rows[inside].sum(0))
        if inside.sum() > 1:
            p = rows[inside].softmax(0)
            entropies.append(-(torch.xlogy(p, p)).sum(0) / np.log(inside.sum().item()))
    expected = torch.stack(entropies).mean().item() if entropies else 0.0
    assert segment_entropy(weights, owner, n).item() == pytest.approx(expected)


@given(HIERARCHY)
@settings(max_examples=40, deadline=None)
def test_beats_measures_and_voices_are_those_of_a_loop(hierarchy):
    seed, lengths = hierarchy
    rng = np.random.default_rng(seed)
    performances = [performance(rng, n) for n in lengths]
    batch = collate(performances)
    beats, measures, streams, start = [], [], [], 0
    beat_of, measure_of, measure_of_beat = [], [], []
    for item in performances:
        beat_of += [len(beats) + b for b in item.beat.tolist()]
        measure_of += [len(measures) + m for m in item.measure.tolist()]
        for beat in range(item.beat[-1] + 1):
            measure_of_beat.append(len(measures) + item.measure[item.beat == beat][0])
            beats.append(np.flatnonzero(item.beat == beat) + start)
        measures += [np.flatnonzero(item.measure == m) + start for m in range(item.measure[-1] + 1)]
        streams += [np.flatnonzero(item.voice == v) + start for v in np.unique(item.voice[item.voice > 0])]
        start += len(item.beat)
    assert batch.beat_of_note.tolist() == beat_of
    assert batch.measure_of_note.tolist() == measure_of
    assert batch.measure_of_beat.tolist() == measure_of_beat
    assert len(batch.beats.owner) == len(beats) and len(batch.measures.owner) == len(measures)
    assert batch.voices.lengths.tolist() == [len(stream) for stream in streams]
    assert batch.voiced.tolist() == [note for stream in streams for note in stream.tolist()]


@given(HIERARCHY)
@settings(max_examples=15, deadline=None)
def test_context_attention_equals_the_formula(hierarchy):
    batch, generator = _batch(hierarchy)
    owner, n = batch.beat_of_note, len(batch.beats.owner)
    attention = ContextAttention(6, 2, temperature=0.7).double()
    rows = _random(generator, len(owner), 6)
    made = attention(rows, owner, n)
    for segment in range(n):
        inside = rows[owner == segment]
        u = torch.tanh(inside @ attention.proj.weight.T + attention.proj.bias)
        for head in range(2):
            part = slice(3 * head, 3 * head + 3)
            a = torch.softmax(u[:, part] @ attention.context[head, :, 0] / 0.7, 0)
            torch.testing.assert_close(made.rows[segment, part], a @ inside[:, part])
    alone = torch.bincount(owner, minlength=n)[owner] == 1
    torch.testing.assert_close(made.rows[owner[alone]], rows[alone])
    torch.testing.assert_close(segment_sum(made.weights, owner, n), torch.ones(n, 2, dtype=torch.float64))


def test_linear_attention_sums_whole_rows_by_the_mean_of_its_heads():
    attention, rows = LinearAttention(4, 2).double(), _random(torch.Generator().manual_seed(0), 5, 4)
    made = attention(rows, torch.zeros(5, dtype=torch.long), 1)
    weights = torch.softmax(rows @ attention.proj.weight.T + attention.proj.bias, 0).mean(1)
    torch.testing.assert_close(made.rows[0], weights @ rows)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.sampled_from([0, 4, 32, 10_000]))
@settings(max_examples=60, deadline=None)
def test_every_row_is_read_once_in_either_direction_and_found_again(lengths, block_rows):
    layout = unroll(np.array(lengths), CPU, block_rows)
    rows = torch.arange(sum(lengths))
    assert layout.ahead[layout.ahead_cell].tolist() == rows.tolist()
    assert layout.back[layout.back_cell].tolist() == rows.tolist()
    cells = sum(steps * width for steps, width in layout.blocks)
    assert len(layout.ahead) == cells >= len(rows)
    assert sum(steps for steps, _ in layout.blocks) == max(lengths)
    if block_rows == 0:
        assert cells == len(rows)
    if block_rows == 10_000:
        assert layout.blocks == ((max(lengths), len(lengths)),)


@pytest.mark.parametrize("lengths", [[7], [3, 11, 1, 11, 40], [1, 1, 1], [20, 19, 18, 2]])
@pytest.mark.parametrize("block_rows", [0, 3, 10_000])
def test_the_recurrence_equals_the_library_on_each_sequence(lengths, block_rows):
    torch.manual_seed(0)
    recurrence = SequenceLSTM(5, 4, 2, dropout=0.0)
    rows = torch.randn(sum(lengths), 5, requires_grad=True)
    layout = unroll(np.array(lengths), CPU, block_rows)
    made = recurrence(rows, layout)
    expected = torch.cat([recurrence.lstm(part)[0] for part in rows.split(lengths)])
    torch.testing.assert_close(made, expected, atol=1e-6, rtol=0)
    weight = torch.randn_like(made)
    ours = torch.autograd.grad((made * weight).sum(), [rows, *recurrence.parameters()])
    theirs = torch.autograd.grad((expected * weight).sum(), [rows, *recurrence.parameters()])
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, atol=2e-5, rtol=1e-4)
    if block_rows == 0:
        torch.testing.assert_close(recurrence._packed(rows, layout), made, atol=1e-6, rtol=0)


def test_dropout_acts_between_layers_in_training_alone():
    torch.manual_seed(0)
    recurrence, layout = SequenceLSTM(5, 4, 2, dropout=0.5), unroll(np.array([6, 3]), CPU)
    rows = torch.randn(9, 5)
    first, second = recurrence(rows, layout), recurrence(rows, layout)
    assert not torch.equal(first, second)
    recurrence.eval()
    torch.testing.assert_close(recurrence(rows, layout), recurrence(rows, layout), atol=0, rtol=0)


def test_shifted_indices_change_nothing():
    rng = np.random.default_rng(3)
    item = performance(rng, 20)
    shifted = note_sequence("x", item.features, item.beat + 1, item.measure + 7, item.voice)
    gaps = note_sequence("x", item.features, 3 * item.beat, 2 * item.measure, item.voice)
    model = HierarchicalModel(9, Architecture("total_note_cat", hidden=8)).eval()
    logits = model(collate([item]))
    assert torch.equal(model(collate([shifted])), logits) and torch.equal(model(collate([gaps])), logits)


@pytest.mark.parametrize("level", ["total_note_cat", "measure", "stack_beat_measure"])
def test_one_note_and_no_voice_are_enough(level):
    item = note_sequence("x", np.ones((1, 9)), np.array([4]), np.array([2]), np.array([0]))
    assert HierarchicalModel(9, Architecture(level, hidden=8)).eval()(collate([item])).isfinite().all()


def test_predictions_of_an_untrained_model_lie_near_the_middle():
    torch.manual_seed(0)
    batch = collate([performance(np.random.default_rng(1), n, 101) for n in (51, 120, 80)])
    for level in ("note", "measure", "total_note_cat"):
        predicted = torch.sigmoid(HierarchicalModel(101, Architecture(level, hidden=64)).eval()(batch))
        assert predicted.min() > 0.4 and predicted.max() < 0.6


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"beat": [0, 1, 0]}, "decreases"),
        ({"measure": [0, 0, 1], "beat": [0, 1, 1]}, "inside a beat"),
        ({"voice": [1, -1, 1]}, "negative"),
        ({"features": np.full((3, 2), np.nan)}, "missing"),
    ],
)
def test_notes_that_make_no_hierarchy_are_refused(change, problem):
    good = {"features": np.zeros((3, 2)), "beat": [0, 1, 2], "measure": [0, 0, 1], "voice": [1, 1, 2]}
    fields = {key: np.asarray(value) for key, value in {**good, **change}.items()}
    with pytest.raises(DataError, match=problem):
        note_sequence("mine.mid", **fields)
    with pytest.raises(DataError, match="no notes"):
        note_sequence("mine.mid", *(np.zeros((0, 2)), *[np.zeros(0, int)] * 3))


def test_unknown_choices_are_refused_by_name():
    with pytest.raises(UserError, match="masked, legacy"):
        Options(padding="none")
    with pytest.raises(UserError, match="total_note_cat"):
        Architecture("phrase")
