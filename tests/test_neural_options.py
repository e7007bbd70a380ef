"""Each option changes what it should, and nothing else (docs/symbolic_networks.md, "Options")."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from neural_golden import performance
from torch import nn

from percepiano_core.symbolic.han.architecture import Architecture, Options
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.layers.attention import ContextAttention
from percepiano_core.symbolic.han.layers.regularisation import entropy_penalty
from percepiano_core.symbolic.han.notes.note_sequences import collate
from percepiano_core.symbolic.han.parameter_groups import parameter_groups
from percepiano_core.symbolic.han.published.parameters import count_parameters
from percepiano_core.symbolic.han.settings import NoteNetworkSettings
from percepiano_core.training.settings import presets_of

TOTAL = Architecture("total_note_cat", hidden=16, dropout=0.0)
WIDTH = 9


def _model(level="total_note_cat", **options):
    torch.manual_seed(7)
    return HierarchicalModel(WIDTH, replace(TOTAL, level=level, options=Options(**options))).eval()


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(5)
    return collate([performance(rng, n, WIDTH) for n in (31, 12, 20)])


@pytest.mark.parametrize(
    "options",
    [
        {"norm_after_encoder": True},
        {"norm_before_head": True},
        {"head_init_gain": 0.1},
        {"attention_temperature": 0.5},
        {"attention_init": "xavier"},
        {"lstm_init": "orthogonal"},
        {"pool": "linear_heads"},
        {"padding": "legacy"},
    ],
)
def test_an_option_changes_the_logits(batch, options):
    assert not torch.allclose(_model()(batch), _model(**options)(batch), atol=1e-6)


def test_layer_norms_have_the_width_of_what_they_normalise():
    published = count_parameters(_model())
    assert count_parameters(_model(norm_after_encoder=True)) == published + 2 * 8 * 16
    assert count_parameters(_model(norm_before_head=True)) == published + 2 * 2 * 16
    assert count_parameters(_model("measure", norm_after_encoder=True)) == count_parameters(_model("measure")) + 64


def test_the_norm_before_the_head_normalises_the_pooled_vector(batch):
    model, seen = _model(norm_before_head=True), []
    model.head.fc1.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    model(batch)
    torch.testing.assert_close(seen[0].mean(1), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(seen[0].var(1, unbiased=False), torch.ones(3), atol=0.2, rtol=0)


def test_the_head_gain_scales_both_layers_and_clears_their_biases():
    head = _model(head_init_gain=0.1).head
    for layer in (head.fc1, head.fc2):
        bound = 0.1 * np.sqrt(6 / sum(layer.weight.shape))
        assert layer.weight.abs().max() <= bound and layer.weight.abs().max() > 0.9 * bound
        assert not layer.bias.any()


@pytest.mark.parametrize(("scope", "pool", "beat"), [("pool", 0.5, 1), ("segment", 1, 0.5), ("both", 0.5, 0.5)])
def test_the_temperature_acts_within_its_scope(scope, pool, beat):
    model = _model(attention_temperature=0.5, temperature_scope=scope)
    assert model.head.pool.temperature == pool
    assert model.stages["beat"].attention.temperature == model.stages["measure"].attention.temperature == beat


def test_a_low_temperature_sharpens_attention(batch):
    even, sharp = (_model(attention_temperature=t).activations(batch)[1] for t in (1.0, 0.1))
    assert (sharp.attention["beat"].weights ** 2).sum() > (even.attention["beat"].weights ** 2).sum()
    torch.testing.assert_close(sharp.attention["beat"].scores, 10 * even.attention["beat"].scores)


@pytest.mark.parametrize(("scope", "pool_too"), [("segment", False), ("all", True)])
def test_attention_starts_from_xavier_and_wide_contexts(scope, pool_too):
    model = _model(attention_init="xavier", attention_init_scope=scope)
    for name, module in model.named_modules():
        if isinstance(module, ContextAttention):
            chosen = pool_too or name != "head.pool"
            assert (module.context.abs().max().item() > 1) == chosen
            assert bool(module.proj.bias.any()) != chosen


def test_every_recurrence_starts_orthogonal_with_open_forget_gates():
    for module in _model(lstm_init="orthogonal").modules():
        if isinstance(module, nn.LSTM):
            for name, parameter in module.named_parameters():
                if name.startswith("bias"):
                    gates = parameter.view(4, 16)
                    assert (gates[1] == 1).all() and not gates[[0, 2, 3]].any()
                else:
                    tall, wide = parameter.shape
                    gram = parameter.T @ parameter if tall >= wide else parameter @ parameter.T
                    torch.testing.assert_close(gram, torch.eye(min(tall, wide)), atol=1e-5, rtol=0)


def test_attention_learns_at_its_own_rate():
    model = _model()
    (everything,) = parameter_groups(model, 1e-3)
    others, attention = parameter_groups(model, 1e-3, attention_factor=10.0)
    names = {id(p): name for name, p in model.named_parameters()}
    assert {names[id(p)].split(".")[-2] for p in attention["params"]} <= {"proj", "attention", "pool"}
    assert len(attention["params"]) == 3 * 3 and attention["lr"] == pytest.approx(10 * others["lr"])
    assert len(others["params"]) + len(attention["params"]) == len(everything["params"]) == len(names)


def test_the_entropy_penalty_is_of_attention_in_use_and_pushes_it_apart(batch):
    model = _model(entropy_weight=0.01, entropy_target=0.6)
    _, made = model.activations(batch)
    weights, owner = made.attention["beat"].weights, made.attention["beat"].owner
    entropies = [-(w * w.log()).sum(0) / np.log(len(w)) for w in weights.split(owner.bincount().tolist()) if len(w) > 1]
    penalty = entropy_penalty(made, batch, model.architecture.options)
    assert penalty.item() == pytest.approx(0.01 * (torch.stack(entropies).mean().item() - 0.6), rel=1e-4)
    penalty.backward()
    assert model.stages["beat"].attention.context.grad.norm() > 0
    assert model.head.fc2.weight.grad is None


def test_no_entropy_penalty_below_its_target_or_without_weight_or_beats(batch):
    _, made = _model().activations(batch)
    assert entropy_penalty(made, batch, Options(entropy_weight=0.01, entropy_target=1.0)) == 0
    assert entropy_penalty(made, batch, Options()) == 0
    _, notes_only = _model("note").activations(batch)
    assert entropy_penalty(notes_only, batch, Options(entropy_weight=0.01)) == 0


def test_the_sequence_scope_is_the_replicas_softmax_over_the_padded_batch(batch):
    model = _model(entropy_weight=1.0, entropy_target=0.0, entropy_scope="sequence")
    _, made = model.activations(batch)
    attention = model.stages["beat"].attention
    hidden = nn.utils.rnn.pad_sequence(
        list(torch.cat([made.levels["note"], made.levels["voice"]], 1).split([31, 12, 20])), True
    )
    u = torch.tanh(attention.proj(hidden)).view(3, 31, 8, 8)
    p = torch.einsum("bthd,hd->bth", u, attention.context[..., 0]).softmax(1)
    expected = -(p * (p + 1e-8).log()).sum(1).mean() / np.log(31)
    torch.testing.assert_close(entropy_penalty(made, batch, model.architecture.options), expected)


def test_the_hierarchy_can_be_zeroed_in_a_trained_model(batch):
    model = _model()
    with_it, full = model.activations(batch)
    model.stages["span"].contribution = 0.0
    without, zeroed = model.activations(batch)
    assert not torch.allclose(with_it, without)
    assert full.of_notes[:, 64:].any() and not zeroed.of_notes[:, 64:].any()
    torch.testing.assert_close(full.of_notes[:, :64], zeroed.of_notes[:, :64])


def test_legacy_padding_depends_on_the_company_and_masks_do_not():
    rng = np.random.default_rng(2)
    short, long = performance(rng, 6, WIDTH), performance(rng, 40, WIDTH)
    for padding, same in (("masked", True), ("legacy", False)):
        model = _model("note", padding=padding)
        with torch.no_grad():
            alone, together = model(collate([short]))[0], model(collate([short, long]))[0]
        assert torch.allclose(alone, together, atol=1e-6) == same


def test_section_tempo_and_the_other_score_sets_are_presets_of_their_width():
    from percepiano_core.features.feature_sets import column_names, set_width

    for name, values in presets_of(NoteNetworkSettings).items():
        assert set_width(values["feature_set"]) in (9, 79, 101), name
    assert column_names("score79")[5] == "section_tempo"
    assert [c for c in column_names("score79") if c != "section_tempo"] == column_names("score78")


@pytest.mark.slow
def test_a_model_can_learn(batch):
    model, target = _model("measure").train(), torch.rand(3, 19, generator=torch.Generator().manual_seed(1))
    optimiser = torch.optim.Adam(parameter_groups(model, 1e-2))
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(torch.sigmoid(model(batch)), target)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.05 * losses[0]
