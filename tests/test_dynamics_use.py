"""Weights in and out, whole recordings, and recordings as people have them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the torch extra")

import soundfile
import torch
from torch import Tensor

from percepiano_core.dynamics.examples.rolls import WINDOW_FRAMES
from percepiano_core.dynamics.inputs.curves import CHANNELS, curve_duration, loudness_channels
from percepiano_core.dynamics.network.architecture import TASKS, NetworkConfig
from percepiano_core.dynamics.network.model import EXPERTS, DynamicsNetwork
from percepiano_core.dynamics.network.predict import predict, stitched, whole_coarse_frames
from percepiano_core.dynamics.network.weights import (
    BLOCK,
    HEADS,
    MODULES,
    load_network,
    load_published,
    read_about,
    save_network,
)
from percepiano_core.errors import DataError, UserError
from percepiano_core.sound.recording import read_recording
from percepiano_core.training.named_arrays import write_arrays
from percepiano_core.training.torch_adapter import module_arrays

CONFIGS = {
    "experts": NetworkConfig(bands=3),
    "projections": NetworkConfig(bands=3, experts=False),
    "dynamic alone": NetworkConfig(bands=3, tasks=("dynamic",), scales=(3, 3)),
    "downbeat alone": NetworkConfig(bands=3, tasks=("downbeat",), scales=(3, 3)),
}


def trained(config: NetworkConfig) -> DynamicsNetwork:
    """A network whose every weight and running statistic has moved."""
    torch.manual_seed(1)
    network = DynamicsNetwork(config)
    network(3 * torch.rand(4, config.bands, 80))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    return network.eval()


def logits(network: DynamicsNetwork) -> Tensor:
    features = torch.linspace(0, 3, 3 * 90).view(1, 3, 90).sin()
    with torch.no_grad():
        return torch.cat(list(network(features).values()), dim=-1)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_weights_survive_a_file(config: NetworkConfig, tmp_path: Path) -> None:
    network = trained(config)
    save_network(tmp_path / "weights.safetensors", network)
    read = load_network(tmp_path / "weights.safetensors")
    assert read.config == config
    assert torch.equal(logits(read), logits(network))


def test_weights_with_an_older_header_are_read(tmp_path: Path) -> None:
    config, about = CONFIGS["dynamic alone"], {"input": "curves8", "threshold": None}
    network = trained(config)
    header = {"format": "percepiano dynamics network 1", "config": asdict(config), "about": about}
    write_arrays(tmp_path / "old.safetensors", module_arrays(network), header)
    read = load_network(tmp_path / "old.safetensors")
    assert read.config == config and read_about(tmp_path / "old.safetensors") == about
    assert torch.equal(logits(read), logits(network))


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_checkpoint_of_the_published_code_is_read(config: NetworkConfig, tmp_path: Path) -> None:
    network = trained(config)
    checkpoint = {"model": published_state(network), "epoch": 96, "cfg": {"exp": {"targets": list(config.tasks)}}}
    torch.save(checkpoint, tmp_path / "epoch_96.pth")
    read = load_published(tmp_path / "epoch_96.pth")
    assert read.config == config
    assert torch.equal(logits(read), logits(network))


def published_state(network: DynamicsNetwork) -> dict[str, Tensor]:
    """Our weights as the published code names and shapes them, with what it holds besides."""
    state = {"extractor.window": torch.ones(4)}
    for name, value in network.state_dict().items():
        part, _, rest = name.partition(".")
        if part == "input_norm":
            state[f"bn0.{rest}"] = value
        elif part == "encoder":
            state |= published_encoder(rest, value)
    if network.head is not None:
        state |= published_head(network)
    return state


def published_encoder(name: str, value: Tensor) -> dict[str, Tensor]:
    theirs = max(
        (key for key, ours in MODULES.items() if name.startswith(f"{ours}.")), key=lambda key: len(MODULES[key])
    )
    rest = name.removeprefix(f"{MODULES[theirs]}.")
    if theirs.startswith("block"):
        part, _, parameter = rest.partition(".")
        rest = f"{next(key for key, ours in BLOCK.items() if ours == part)}.{parameter}"
    rest = rest.removeprefix("convolution.").replace("attention.", "att.", 1)
    if value.ndim == 3:
        branches = value.shape[1] // value.shape[0] if MODULES[theirs].endswith("_merge") else 1
        value = torch.stack(value.chunk(branches, dim=1), dim=-1)
    return {f"encoder.{theirs}.{rest}": value}


def published_head(network: DynamicsNetwork) -> dict[str, Tensor]:
    state, ours = {}, network.state_dict()
    for kind in ("weight", "bias"):
        for index, (task, short) in enumerate(HEADS.items()):
            state[f"head_{short}_out.{kind}"] = ours[f"head.outputs.{task}.{kind}"]
            unused = torch.rand(8, 8) if kind == "weight" else torch.rand(8)
            state[f"proj_{short}.{kind}"] = ours.get(f"head.views.maps.{index}.{kind}", unused)
        if network.config.experts:
            for part, theirs in (("inner", "net.0"), ("outer", "net.2")):
                for expert, value in enumerate(ours[f"head.views.{part}.{kind}"].chunk(EXPERTS)):
                    state[f"mmoe.experts.{expert}.{theirs}.{kind}"] = value
            for index, value in enumerate(ours[f"head.views.gates.{kind}"].chunk(len(TASKS))):
                state[f"mmoe.gates.{index}.{kind}"] = value
    return state


@dataclass
class Anything:
    """An object that a checkpoint should not hold."""


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    torch.save({"model": Anything()}, tmp_path / "objects.pth")
    with pytest.raises(UserError, match="holds objects other than tensors"):
        load_published(tmp_path / "objects.pth")


@pytest.mark.parametrize("load", [load_network, load_published])
def test_a_file_that_is_no_checkpoint_gives_one_clear_line(load: object, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not weights")
    torch.save({"model": {"weight": torch.ones(1)}}, tmp_path / "other.pth")
    for name in ("absent.pth", "notes.txt", "other.pth"):
        with pytest.raises(UserError) as error:
            load(tmp_path / name)
        assert name in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("frames", [1, 40, WINDOW_FRAMES, WINDOW_FRAMES + 1, 7000])
def test_a_recording_of_any_length_gets_logits_for_every_frame(frames: int) -> None:
    found = predict(trained(CONFIGS["experts"]), torch.rand(3, frames))
    assert {task: values.shape for task, values in found.items()} == {task: (frames, n) for task, n in TASKS.items()}
    assert all(np.isfinite(values).all() for values in found.values())


def test_the_first_window_of_a_recording_is_the_network_itself() -> None:
    network, features = trained(CONFIGS["dynamic alone"]), torch.rand(3, 5000)
    with torch.no_grad():
        alone = network(features[None, :, :WINDOW_FRAMES])["dynamic"][0].numpy()
    found = predict(network, features)["dynamic"]
    assert found[: WINDOW_FRAMES - 1] == pytest.approx(alone[:-1], abs=1e-5)


def test_a_shared_frame_is_the_mean_of_two_windows() -> None:
    windows = torch.stack([torch.full((WINDOW_FRAMES, 1), value) for value in (1.0, 2.0, 4.0)])
    hop = WINDOW_FRAMES - 1
    joined = stitched(windows, 3 * hop + 1)[:, 0]
    assert len(joined) == 3 * hop + 1
    assert joined[[0, hop - 1, hop, hop + 1, 2 * hop, 3 * hop]].tolist() == [1, 1, 1.5, 2, 3, 4]


def test_of_a_last_window_that_overlaps_only_the_end_is_taken() -> None:
    windows = torch.stack([torch.full((WINDOW_FRAMES, 1), value) for value in (1.0, 2.0, 4.0)])
    hop = WINDOW_FRAMES - 1
    joined = stitched(windows, 2 * hop + 101)[:, 0]
    assert len(joined) == 2 * hop + 101
    assert joined[[hop - 1, hop, hop + 1, 2 * hop, 2 * hop + 1, -1]].tolist() == [1, 1.5, 2, 2, 4, 4]


@pytest.mark.parametrize("frames", [WINDOW_FRAMES + 1, WINDOW_FRAMES + 1200, 2 * WINDOW_FRAMES - 2])
def test_the_end_of_a_recording_is_heard_with_the_minute_before_it(frames: int) -> None:
    network, features = trained(CONFIGS["experts"]), torch.rand(3, frames)
    beyond = (frames - 1) % (WINDOW_FRAMES - 1)
    with torch.no_grad():
        last = network(features[None, :, -WINDOW_FRAMES:])
    found = predict(network, features)
    for task, logits in last.items():
        assert found[task][-beyond:] == pytest.approx(logits[0, -beyond:].numpy(), abs=1e-5)


def test_a_short_recording_is_heard_as_it_is_and_not_beside_silence() -> None:
    config = CONFIGS["experts"]
    network, features = trained(config), torch.rand(3, 40 * math.prod(config.scales) + 1)
    with torch.no_grad():
        alone = network(features[None])
        beside = network(torch.nn.functional.pad(features, (0, WINDOW_FRAMES - features.shape[1]))[None])
    found = predict(network, features)
    for task, logits in alone.items():
        assert found[task] == pytest.approx(logits[0].numpy(), abs=1e-5)
        padded = beside[task][0, : features.shape[1]].numpy()
        assert np.abs(found[task] - padded)[:100].max() > 1e-4, "attention reaches the silence from anywhere"


def test_a_recording_is_mirrored_to_whole_coarse_frames() -> None:
    assert whole_coarse_frames(torch.arange(5.0)[None], 3)[0].tolist() == [0, 1, 2, 3, 4, 3, 2]
    assert whole_coarse_frames(torch.arange(4.0)[None], 3)[0].tolist() == [0, 1, 2, 3]
    assert whole_coarse_frames(torch.arange(2.0)[None], 5)[0].tolist() == [0, 1, 0, 1, 0, 1]
    assert whole_coarse_frames(torch.ones(1, 1), 3)[0].tolist() == [1] * 4


def test_stereo_at_48_khz_becomes_one_channel_at_the_networks_rate(tmp_path: Path) -> None:
    t = np.arange(48000) / 48000
    sine = np.sin(2 * np.pi * 440 * t)
    soundfile.write(tmp_path / "stereo.wav", np.stack([0.6 * sine, 0.2 * sine], axis=1), 48000)
    found = read_recording(tmp_path / "stereo.wav")
    expected = 10 ** (-1 / 20) * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    assert found.shape == (22050,) and found.dtype == np.float32
    assert np.abs(found - expected)[200:-200].max() < 2e-3


def test_clipped_audio_and_silence_are_handled(tmp_path: Path) -> None:
    loud = np.clip(3 * np.sin(np.arange(22050)), -1, 1)
    soundfile.write(tmp_path / "clipped.wav", loud, 22050)
    soundfile.write(tmp_path / "silent.wav", np.zeros(22050), 22050)
    assert np.abs(read_recording(tmp_path / "clipped.wav")).max() == pytest.approx(10 ** (-1 / 20))
    assert not read_recording(tmp_path / "silent.wav").any()
    assert np.abs(read_recording(tmp_path / "clipped.wav", peak_dbfs=None)).max() == pytest.approx(1, abs=1e-4)


def test_an_unreadable_recording_gives_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "words.wav").write_text("no sound")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 22050)
    for name, problem in (
        ("words.wav", "not a readable"),
        ("absent.wav", "no such file"),
        ("empty.wav", "no samples"),
    ):
        with pytest.raises(DataError, match=problem) as error:
            read_recording(tmp_path / name)
        assert "\n" not in str(error.value)


def test_loudness_channels_do_not_depend_on_the_level() -> None:
    curve = np.abs(np.random.default_rng(1).normal(size=5000)) + 1
    channels = loudness_channels(curve)
    assert channels.shape == (len(CHANNELS), round(curve_duration(5000) * 50) + 1)
    assert loudness_channels(7 * curve) == pytest.approx(channels, abs=1e-5)
    assert np.isfinite(loudness_channels(np.zeros(100))).all()


def test_loudness_channels_of_a_ramp() -> None:
    channels = dict(zip(CHANNELS, loudness_channels(np.arange(1, 2001, dtype=float)), strict=True))
    inner = slice(60, -60)
    assert channels["mean_1_s"][inner] == pytest.approx(channels["loudness"][inner], abs=1e-3)
    assert np.ptp(channels["change"][inner]) < 1e-5
    assert channels["log2_loudness"] == pytest.approx(np.log2(channels["loudness"] + 0.1), abs=1e-5)
