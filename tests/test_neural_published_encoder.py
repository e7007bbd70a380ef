"""The public MIDI-BERT checkpoint as weights of our encoder: made state dicts under the published names and shapes."""

from __future__ import annotations

import pytest
import torch
from typer.testing import CliRunner

from percepiano_core.cli.app import app
from percepiano_core.errors import UserError
from percepiano_core.symbolic.midibert.encoder_weights import load_encoder
from percepiano_core.symbolic.midibert.published_encoder import read_published_encoder
from percepiano_core.symbolic.midibert.settings import BertSize
from percepiano_core.symbolic.midibert.word_model import WordEncoder
from percepiano_core.training.settings import built

SIZE = BertSize(hidden=24, layers=2, heads=3, inner=40)


def published_state(size: BertSize) -> dict[str, torch.Tensor]:
    """Names and shapes as released: those of the library's BERT, with what the model never used."""
    h, made = size.hidden, {}
    for i, words in enumerate((4, 18, 88, 66)):
        made[f"word_emb.{i}.lut.weight"] = (words, 256)
    made |= {"in_linear.weight": (h, 1024), "in_linear.bias": (h,)}
    made |= {"bert.embeddings.word_embeddings.weight": (50, h), "bert.embeddings.position_embeddings.weight": (512, h)}
    made |= {"bert.embeddings.position_ids": (1, 512), "bert.embeddings.token_type_embeddings.weight": (2, h)}
    made |= {"bert.pooler.dense.weight": (h, h), "bert.pooler.dense.bias": (h,)}
    made |= _pair("bert.embeddings.LayerNorm", h, None)
    for layer in range(size.layers):
        stem = f"bert.encoder.layer.{layer}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            made |= _pair(f"{stem}.attention.{part}", h, h)
        made[f"{stem}.attention.self.distance_embedding.weight"] = (1023, h // size.heads)
        made |= _pair(f"{stem}.intermediate.dense", size.inner, h) | _pair(f"{stem}.output.dense", h, size.inner)
        made |= _pair(f"{stem}.attention.output.LayerNorm", h, None) | _pair(f"{stem}.output.LayerNorm", h, None)
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=generator) for name, shape in made.items()}


def _pair(stem: str, rows: int, columns: int | None) -> dict[str, tuple[int, ...]]:
    return {f"{stem}.weight": (rows,) if columns is None else (rows, columns), f"{stem}.bias": (rows,)}


@pytest.mark.parametrize("prefix", ["", "module."])
def test_every_tensor_that_the_encoder_uses_is_taken_and_no_other(tmp_path, prefix):
    published = published_state(SIZE)
    content = {"epoch": 3, "best_acc": 0.7, "state_dict": {prefix + name: value for name, value in published.items()}}
    torch.save(content, tmp_path / "model_best.ckpt")
    size, state = read_published_encoder(tmp_path / "model_best.ckpt")
    assert size == SIZE
    WordEncoder(size).load_state_dict(state)
    assert len(state) == len(published) - 5
    assert torch.equal(
        state["layers.1.attention.distance.weight"],
        published["bert.encoder.layer.1.attention.self.distance_embedding.weight"],
    )
    assert torch.equal(state["layers.0.norm.bias"], published["bert.encoder.layer.0.output.LayerNorm.bias"])
    assert torch.equal(state["embedding.kinds.2.weight"], published["word_emb.2.lut.weight"])


def test_the_released_size_is_that_of_the_published_model():
    with torch.device("meta"):
        shapes = WordEncoder(built(BertSize, {"preset": "published"})).state_dict()
    assert shapes["layers.11.attention.distance.weight"].shape == (1023, 64)
    assert sum(value.numel() for value in shapes.values()) == 111_100_160 - 24_424_704


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda state: state.pop("in_linear.bias"), "lacks in_linear.bias"),
        (lambda state: state.pop("in_linear.weight"), "lacks in_linear.weight"),
        (lambda state: state.update(cls=torch.zeros(1)), "cls, which is unknown"),
        (lambda state: state.update({"in_linear.bias": torch.zeros(3)}), r"embedding\.join\.bias is \[3\]"),
        (
            lambda state: state.update(
                {"bert.encoder.layer.0.attention.self.distance_embedding.weight": torch.zeros(99, 8)}
            ),
            "positions are of 50 notes",
        ),
    ],
)
def test_another_checkpoint_is_refused(tmp_path, change, problem):
    state = published_state(SIZE)
    change(state)
    torch.save({"state_dict": state}, tmp_path / "other.ckpt")
    with pytest.raises(UserError, match=problem):
        read_published_encoder(tmp_path / "other.ckpt")


def test_a_checkpoint_with_pickled_objects_is_refused(tmp_path):
    torch.save({"state_dict": published_state(SIZE), "args": SIZE}, tmp_path / "objects.ckpt")
    with pytest.raises(UserError, match="more than tensors"):
        read_published_encoder(tmp_path / "objects.ckpt")


def test_the_command_writes_what_a_model_of_this_size_starts_from(tmp_path):
    torch.save({"state_dict": published_state(SIZE)}, tmp_path / "model_best.ckpt")
    paths = [str(tmp_path / "model_best.ckpt"), str(tmp_path / "encoder.safetensors")]
    result = CliRunner().invoke(app, ["convert-midibert", *paths])
    assert result.exit_code == 0, result.output
    assert "2 layers, 24 wide, 3 heads" in result.output
    encoder = WordEncoder(SIZE)
    load_encoder(paths[1], encoder)
    expected = published_state(SIZE)["in_linear.bias"]
    assert torch.equal(encoder.embedding.join.bias, expected)
