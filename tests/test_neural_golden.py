"""The models against the published classes: counts, logits, gradients, three steps (docs/symbolic_networks.md)."""

from pathlib import Path

import numpy as np
import pytest
import torch
from neural_golden import BATCHES, MODELS, Golden, fill
from torch.nn.functional import mse_loss

from percepiano_core.symbolic.han.architecture import Architecture, Options
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.layers.legacy import guessed_lengths
from percepiano_core.symbolic.han.notes.note_sequences import collate
from percepiano_core.symbolic.han.published.parameters import active_parameters, count_parameters, published_parameters
from percepiano_core.symbolic.han.settings import NoteNetworkSettings
from percepiano_core.training.settings import built, presets_of

PRESETS = {name: built(NoteNetworkSettings, {"preset": name}) for name in presets_of(NoteNetworkSettings)}

TOLERANCE = 2e-6
WIDTHS = {"published9": 9, "published101": 101, "score78": 78, "score79": 79, "published84": 84}
COUNTS = {  # level -> width -> published, active
    "note": {9: (14465555, 3430419), 78: (14483219, 3448083), 79: (14483475, 3448339), 84: (14484755, 3449619),
             101: (14489107, 3453971)},
    "voice": {9: (14727699, 6322195), 78: (14745363, 6339859), 79: (14745619, 6340115), 84: (14746899, 6341395),
              101: (14751251, 6345747)},
    "beat": {9: (14202899, 11050515), 78: (14220563, 11068179), 79: (14220819, 11068435), 84: (14222099, 11069715),
             101: (14226451, 11074067)},
    "measure": {9: (14202899, 12890643), 78: (14220563, 12908307), 79: (14220819, 12908563), 84: (14222099, 12909843),
                101: (14226451, 12914195)},
    "total_note_cat": {9: (15251987, 13939731), 78: (15269651, 13957395), 79: (15269907, 13957651),
                       84: (15271187, 13958931), 101: (15275539, 13963283)},
    "stack": {9: (11315219, 11315219), 78: (11332883, 11332883), 79: (11333139, 11333139), 84: (11334419, 11334419),
              101: (11338771, 11338771)},
}  # fmt: skip


@pytest.fixture(scope="module")
def files(golden):
    return Golden(golden)


@pytest.mark.parametrize("level", COUNTS)
def test_parameter_counts_are_the_published_ones(level):
    for width, (published, active) in COUNTS[level].items():
        architecture = Architecture(level)
        assert published_parameters(width, architecture) == published
        assert active_parameters(width, architecture) == active


def test_weights_follow_the_fill_rule(files):
    for name, values in files.manifest["fill_examples"].items():
        shape = next(m["params"][name] for m in (files.models["sa101"], files.models["stack79"]) if name in m["params"])
        np.testing.assert_allclose(fill(name, shape).numpy().ravel()[:4], values, rtol=1e-7)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", MODELS)
def test_logits_are_the_published_ones_of_each_performance_alone(files, name, batch):
    span = "legacy" if (name, batch) == ("han101_total", "B") else "true"  # docs/released_code.md, "Networks", 2
    logits = files.model(name, Options(span_length=span)).eval()(files.batch(name, batch))
    torch.testing.assert_close(logits, files.output(f"{name}/{batch}/logits_single"), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", MODELS)
def test_legacy_padding_gives_the_published_logits_of_whole_batches(files, name, batch):
    model = files.model(name, Options(padding="legacy", span_length="legacy")).eval()
    logits = model(files.batch(name, batch))
    torch.testing.assert_close(logits, files.output(f"{name}/{batch}/logits_batched"), atol=TOLERANCE, rtol=0)


def test_without_legacy_padding_batched_logits_differ_from_the_published(files):
    logits = files.model("sa101").eval()(files.batch("sa101", "A"))
    assert (logits - files.output("sa101/A/logits_batched")).abs().max() > 0.1


@pytest.mark.parametrize("name", MODELS)
def test_a_performance_gets_the_same_logits_in_any_company(files, name):
    model, sequences = files.model(name).eval(), files.sequences(name, "A") + files.sequences(name, "C")
    together = model(collate(sequences))
    alone = torch.cat([model(collate([sequence])) for sequence in sequences])
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=0)
    torch.testing.assert_close(model(collate(sequences[::-1])), together.flip(0), atol=1e-6, rtol=0)


def test_every_stage_gives_the_published_activations(files):
    _, made = files.model("han101_total").eval().activations(files.batch("han101_total", "A"))
    hidden = torch.cat([made.levels["note"], made.levels["voice"]], 1)
    _check_stage(files, "note", made.levels["note"], [23, 17, 9])
    _check_stage(files, "voice", hidden, [23, 17, 9])
    _check_stage(files, "beat", made.levels["beat"], [11, 8, 5])
    _check_stage(files, "measure", made.levels["measure"], [4, 3, 2])
    spanned = made.of_notes[:, 64:]
    _check_stage(files, "beat_spanned", spanned[:, :32], [23, 17, 9])
    _check_stage(files, "measure_spanned", spanned[:, 32:], [23, 17, 9])
    assert not made.levels["voice"][14].any()  # a note without a voice


def _check_stage(files, name, rows, lengths):
    expected = files.output(f"inter/A/{name}")
    for i, part in enumerate(rows.split(lengths)):
        torch.testing.assert_close(part, expected[i, : lengths[i]], atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("name", MODELS)
def test_three_training_steps_are_the_published_ones(files, name):
    expected, item = files.models[name]["train3_A"], files.models[name]
    model = files.model(name, Options(padding="legacy", span_length="legacy")).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=expected["lr"], weight_decay=expected["weight_decay"])
    canonical, batch, target = files.canonical(name), files.batch(name, "A"), files.target("A")
    for step in range(3):
        optimiser.zero_grad()
        loss = mse_loss(torch.sigmoid(model(batch)), target)
        loss.backward()
        if step == 0:
            for ours, parameter in model.named_parameters():
                norm = item["grad_norms_step0_A"][canonical[ours]]
                assert parameter.grad.norm().item() == pytest.approx(norm, rel=1e-4, abs=1e-8), ours
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), expected["clip_norm"])
        assert loss.item() == pytest.approx(expected["loss"][step], abs=1e-6)
        assert norm.item() == pytest.approx(expected["grad_norm_before_clip"][step], abs=1e-6)
        optimiser.step()
    logits = model.eval()(batch)
    torch.testing.assert_close(logits, files.output(f"{name}/A/logits_after3"), atol=5e-6, rtol=0)


@pytest.mark.parametrize("name", MODELS)
def test_only_what_the_loss_reaches_is_built(files, name):
    reached = set(files.models[name]["grad_norms_step0_A"])
    assert set(files.canonical(name).values()) == reached


def test_guessed_lengths_are_those_of_the_published_code():
    padded = np.array([[0, 0, 1, 2, 0, 0], [0, 1, 1, 2, 2, 3]])
    assert guessed_lengths(padded).tolist() == [4, 2]
    alone = [[0, 1, 1, 2, 2, 3], [0, 0, 1, 1, 2, 2], [0, 1, 2, 3, 4, 5]]
    assert [guessed_lengths(np.array([row]))[0] for row in alone] == [2, 6, 6]


def test_every_preset_builds_with_the_width_of_its_feature_set():
    for name, preset in PRESETS.items():
        with torch.device("meta"):
            model = HierarchicalModel(WIDTHS[preset.feature_set], preset.architecture)
        assert count_parameters(model) > 100_000, name


def test_the_documentation_counts_what_the_presets_build():
    page = (Path(__file__).parent.parent / "docs" / "symbolic_networks.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    documented = {row[0]: row[1:] for row in rows if row[0] in PRESETS}
    assert documented.keys() == PRESETS.keys()
    for name, (features, _, published, active) in documented.items():
        item = PRESETS[name]
        width = WIDTHS[features]
        assert features == item.feature_set
        assert int(published.replace(",", "")) == published_parameters(width, item.architecture), name
        assert int(active.replace(",", "")) == active_parameters(width, item.architecture), name


def test_the_ladder_adds_beats_and_measures():
    levels = ("stack", "stack_beat", "stack_beat_measure")
    stack, beat, measure = (active_parameters(79, Architecture(level)) for level in levels)
    hidden = 256
    attention = (2 * hidden) ** 2 + 2 * hidden + 2 * hidden
    layer = 2 * (4 * hidden * (2 * hidden + hidden) + 8 * hidden)
    wider = 2 * hidden * 2 * hidden
    assert beat - stack == attention + 2 * layer + wider
    assert measure - beat == attention + layer + wider
