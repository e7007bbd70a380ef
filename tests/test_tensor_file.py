"""Tensors and their header in one file."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the torch extra")

import torch
from safetensors.torch import save_file

from percepiano_core.errors import UserError
from percepiano_core.training.named_arrays import expecting, read_tensors, write_tensors

HEADER = {"module": "han", "description": {"columns": ["b", "a"], "scale": 0.1}, "about": {}}
EXPECTED = ("a trained network", "train the model again")


def test_tensors_and_header_come_back(tmp_path: Path) -> None:
    tensors = {"a.weight": torch.arange(6.0).reshape(2, 3).T, "b": torch.tensor(3, dtype=torch.int64)}
    write_tensors(tmp_path / "t", tensors, HEADER)
    found, header = read_tensors(tmp_path / "t", *EXPECTED)
    assert header == HEADER and list(header["description"]["columns"]) == ["b", "a"]
    assert all(torch.equal(found[name], value) and found[name].dtype == value.dtype for name, value in tensors.items())


def test_equal_networks_give_equal_bytes(tmp_path: Path) -> None:
    def written(name: str) -> bytes:
        torch.manual_seed(0)
        write_tensors(tmp_path / name, torch.nn.LSTM(3, 4, bidirectional=True).state_dict(), HEADER)
        return (tmp_path / name).read_bytes()

    assert len({written(str(i)) for i in range(10)}) == 1


def test_a_header_that_was_written_as_several_entries_is_read(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "t", {"module": "han", "description": '{"columns": ["b"]}'})
    assert read_tensors(tmp_path / "t", *EXPECTED)[1] == {"module": "han", "description": {"columns": ["b"]}}


@pytest.mark.parametrize("content", [None, b"", b"no weights", b"\x08\x00\x00\x00\x00\x00\x00\x00{\n\n}   "])
def test_a_file_that_holds_no_tensors_is_named_in_one_line(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "t").write_bytes(content)
    with pytest.raises(UserError, match=r"/t: cannot be read as a trained network \(.+\); train the model again$"):
        read_tensors(tmp_path / "t", *EXPECTED)


def test_a_file_of_something_else_is_named_in_one_line(tmp_path: Path) -> None:
    network = torch.nn.Linear(2, 1)
    with pytest.raises(UserError, match=r"/t: cannot be read as a trained"), expecting(tmp_path / "t", *EXPECTED):
        network.load_state_dict({"other": torch.ones(1)})
