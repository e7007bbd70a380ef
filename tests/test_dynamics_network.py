"""The multi-scale network: published parameter counts, golden outputs, and fast forms equal to the literal ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the torch extra")

import torch
from torch import nn

from percepiano_core.dynamics.network.architecture import TASKS, NetworkConfig
from percepiano_core.dynamics.network.layers import Merge, UpSample
from percepiano_core.dynamics.network.losses import total_loss
from percepiano_core.dynamics.network.model import EXPERTS, LATENT, DynamicsNetwork, Experts, parameter_count

# The published variants. The paper says a scale of 5; its single-task networks were run with 3.
PUBLISHED = {
    "multi_bssl": NetworkConfig(),
    "multi_bssl_no_experts": NetworkConfig(experts=False),
    "multi_logmel": NetworkConfig(bands=128),
    "multi_logmel_no_experts": NetworkConfig(bands=128, experts=False),
    **{f"single_bssl_{task}": NetworkConfig(tasks=(task,), scales=(3, 3)) for task in TASKS},
    **{f"single_logmel_{task}": NetworkConfig(bands=128, tasks=(task,), scales=(3, 3)) for task in TASKS},
}
DEAD = 288  # projections that the released multi-task network with experts computes and throws away
ONE_BEAT, ONE_DYNAMIC = ("beat",), ("dynamic",)
COUNTS = {
    NetworkConfig(): 445_053 - DEAD,
    NetworkConfig(experts=False): 441_565,
    NetworkConfig(scales=(3, 3)): 402_461 - DEAD,
    NetworkConfig(scales=(1, 1)): 359_869 - DEAD,
    NetworkConfig(bands=128): 14_714_137 - DEAD,
    NetworkConfig(bands=128, experts=False): 14_710_649,
    NetworkConfig(bands=128, scales=(3, 3)): 13_272_345 - DEAD,
    NetworkConfig(bands=128, scales=(1, 1)): 11_830_553 - DEAD,
    NetworkConfig(tasks=ONE_DYNAMIC, scales=(3, 3)): 398_470,
    NetworkConfig(tasks=ONE_BEAT, scales=(3, 3)): 398_135,
    NetworkConfig(tasks=ONE_DYNAMIC): 441_062,
    NetworkConfig(tasks=ONE_BEAT): 440_727,
    NetworkConfig(bands=128, tasks=ONE_DYNAMIC, scales=(3, 3)): 13_267_718,
    NetworkConfig(bands=128, tasks=ONE_BEAT, scales=(3, 3)): 13_265_793,
    NetworkConfig(bands=128, tasks=ONE_DYNAMIC): 14_709_510,
    NetworkConfig(bands=128, tasks=ONE_BEAT): 14_707_585,
    **{
        NetworkConfig(bands=bands): count - DEAD
        for bands, count in ((1, 5_124), (2, 8_173), (4, 19_641), (8, 64_057), (12, 137_113), (16, 238_809))
    },
    NetworkConfig(bands=24): 528_121 - DEAD,
}
GOLDEN = {
    "multi_mmoe_s5": NetworkConfig(),
    "multi_nommoe_s5": NetworkConfig(experts=False),
    "multi_mmoe_s3": NetworkConfig(scales=(3, 3)),
    "single_beat_s3": NetworkConfig(tasks=ONE_BEAT, scales=(3, 3)),
}


@pytest.mark.parametrize("config, count", COUNTS.items(), ids=str)
def test_parameter_counts_are_the_published_ones(config: NetworkConfig, count: int) -> None:
    with torch.device("meta"):
        assert parameter_count(DynamicsNetwork(config)) == count


def test_presets_have_the_published_sizes() -> None:
    with torch.device("meta"):
        counts = {name: parameter_count(DynamicsNetwork(config)) for name, config in PUBLISHED.items()}
    assert counts["multi_bssl"] == 444_765
    assert counts["single_bssl_dynamic"] == 398_470
    assert counts["single_logmel_beat"] == 13_265_793


@pytest.mark.parametrize("name", GOLDEN)
def test_constant_weights_give_the_golden_logits(golden: Path, name: str) -> None:
    arrays = np.load(golden / "dynamics" / "net_constant_weights.npz")
    network = with_constant_weights(DynamicsNetwork(GOLDEN[name])).eval()
    with torch.no_grad():
        logits = network(torch.from_numpy(arrays["X"])[None])
    assert set(logits) == set(GOLDEN[name].tasks)
    for task, found in logits.items():
        expected = arrays[f"{name}__{task}_output"]
        assert found[0].numpy() == pytest.approx(expected, rel=1e-5)


def with_constant_weights(network: nn.Module) -> nn.Module:
    """Every weight 0.01 and every bias 0.02, but for batch norms, which stay as they begin."""
    with torch.no_grad():
        for module in network.modules():
            if not isinstance(module, nn.BatchNorm1d):
                for name, parameter in module.named_parameters(recurse=False):
                    parameter.fill_(0.02 if "bias" in name else 0.01)
    return network


def test_logits_have_a_frame_for_every_frame_of_the_features() -> None:
    network = DynamicsNetwork(NetworkConfig(bands=4)).eval()
    for frames in (25, 26, 124, 151):
        logits = network(torch.rand(2, 4, frames))
        assert {task: tuple(found.shape) for task, found in logits.items()} == {
            task: (2, frames, outputs) for task, outputs in TASKS.items()
        }


def test_too_few_frames_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="24 frames are too few"):
        DynamicsNetwork(NetworkConfig(bands=4))(torch.rand(2, 4, 24))


@pytest.mark.parametrize("config", [NetworkConfig(bands=4), NetworkConfig(bands=4, experts=False)], ids=str)
def test_every_parameter_gets_a_gradient(config: NetworkConfig) -> None:
    network = DynamicsNetwork(config)
    sum(found.square().sum() for found in network(torch.rand(2, 4, 100)).values()).backward()
    assert [name for name, parameter in network.named_parameters() if parameter.grad is None] == []


@pytest.mark.slow
def test_twenty_steps_teach_a_small_network_where_the_events_are() -> None:
    torch.manual_seed(0)
    events = (torch.arange(300) % 25 == 12).float().expand(2, 300)
    targets = {"dynamic": torch.full((2, 300), 2), **dict.fromkeys(("beat", "downbeat", "change_point"), events)}
    network = DynamicsNetwork(NetworkConfig(bands=4))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    features = torch.rand(2, 4, 300) + 3 * events[:, None]
    history = []
    for _ in range(20):
        losses = total_loss(network(features), targets, dict.fromkeys(TASKS, 18.0))
        optimizer.zero_grad()
        losses["total"].backward()
        optimizer.step()
        history.append({task: loss.item() for task, loss in losses.items()})
    assert all(history[-1][task] < 0.6 * history[0][task] for task in TASKS), (history[0], history[-1])


def test_scales_may_differ() -> None:
    network = DynamicsNetwork(NetworkConfig(bands=2, scales=(2, 4))).eval()
    assert network(torch.rand(1, 2, 67))["beat"].shape == (1, 67, 1)


@pytest.mark.parametrize("branches", [1, 2, 3])
def test_merging_equals_a_convolution_over_stacked_branches(branches: int) -> None:
    merge = Merge(branches, 5)
    literal = nn.Conv2d(5, 5, (1, branches))
    with torch.no_grad():
        literal.weight.copy_(merge.convolution.weight.view(5, branches, 5).permute(0, 2, 1)[:, :, None])
        literal.bias.copy_(merge.convolution.bias)
    inputs = [torch.rand(2, 5, 17) for _ in range(branches)]
    assert torch.allclose(merge(*inputs), literal(torch.stack(inputs, dim=-1))[..., 0], atol=1e-6)


@pytest.mark.parametrize("scale, frames, length", [(5, 4, 20), (5, 4, 24), (3, 7, 21), (1, 6, 6)])
def test_up_sampling_equals_a_transposed_convolution(scale: int, frames: int, length: int) -> None:
    layer = UpSample(6, scale)
    literal = nn.ConvTranspose2d(6, 6, (scale, 1), stride=(scale, 1))
    with torch.no_grad():
        literal.weight.copy_(layer.weight[..., None])
        literal.bias.copy_(layer.bias)
    x = torch.rand(2, 6, frames)
    expected = literal(x[..., None], output_size=(2, 6, length, 1))[..., 0]
    assert torch.allclose(layer(x, length), expected, atol=1e-6)


def test_grouped_experts_equal_separate_ones() -> None:
    layer = Experts(tasks=4)
    x = torch.rand(2, LATENT, 30)
    gates = layer.gates(x.transpose(1, 2)).view(2, 30, 4, EXPERTS).softmax(dim=-1)
    expected = torch.zeros(2, 30, 4, LATENT)
    for expert in range(EXPERTS):
        rows = slice(expert * LATENT, (expert + 1) * LATENT)
        inner = torch.conv1d(x, layer.inner.weight[rows], layer.inner.bias[rows], padding=1).relu()
        opinion = torch.conv1d(inner, layer.outer.weight[rows], layer.outer.bias[rows], padding=1)
        expected += gates[..., expert, None] * opinion.transpose(1, 2)[:, :, None]
    assert torch.allclose(layer(x), expected, atol=1e-6)
