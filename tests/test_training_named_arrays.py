"""Arrays and their header in one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from percepiano_core.errors import UserError
from percepiano_core.training.named_arrays import below, expecting, prefixed, read_arrays, write_arrays

HEADER = {"module": "han", "description": {"columns": ["b", "a"], "scale": 0.1}, "about": {}}
EXPECTED = ("a trained network", "train the model again")


def test_arrays_and_header_come_back(tmp_path: Path) -> None:
    arrays = {
        "a.weight": np.arange(6.0, dtype=np.float32).reshape(2, 3).T,
        "b": np.array(3),
        "c": np.zeros((0, 4)),
        "d": np.array([True, False]),
    }
    write_arrays(tmp_path / "t", arrays, HEADER)
    found, header = read_arrays(tmp_path / "t", *EXPECTED)
    assert header == HEADER and list(header["description"]["columns"]) == ["b", "a"]
    assert found.keys() == arrays.keys()
    for name, value in arrays.items():
        assert found[name].dtype == value.dtype and found[name].shape == value.shape
        np.testing.assert_array_equal(found[name], value)


def test_numbers_of_a_header_come_back_bit_for_bit(tmp_path: Path) -> None:
    header = {"history": [{"loss": 0.1 + 0.2, "r2": float("nan")}], "best": float("-inf")}
    write_arrays(tmp_path / "t", {}, header)
    found = read_arrays(tmp_path / "t", *EXPECTED)[1]
    assert found["history"][0]["loss"] == 0.1 + 0.2 and np.isnan(found["history"][0]["r2"])
    assert found["best"] == float("-inf")


def test_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    def written(name: str) -> bytes:
        rng = np.random.default_rng(0)
        write_arrays(tmp_path / name, {f"layer{i}": rng.normal(size=(3, i)) for i in range(9)}, HEADER)
        return (tmp_path / name).read_bytes()

    assert len({written(str(i)) for i in range(10)}) == 1


def test_a_header_that_was_written_as_several_entries_is_read(tmp_path: Path) -> None:
    save_file({"a": np.ones(2)}, tmp_path / "t", {"module": "han", "description": '{"columns": ["b"]}'})
    assert read_arrays(tmp_path / "t", *EXPECTED)[1] == {"module": "han", "description": {"columns": ["b"]}}


@pytest.mark.parametrize("content", [None, b"", b"no weights", b"\x08\x00\x00\x00\x00\x00\x00\x00{\n\n}   "])
def test_a_file_that_holds_no_arrays_is_named_in_one_line(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "t").write_bytes(content)
    with pytest.raises(UserError, match=r"/t: cannot be read as a trained network \(.+\); train the model again$"):
        read_arrays(tmp_path / "t", *EXPECTED)


def test_a_file_of_something_else_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"/t: cannot be read as a trained"), expecting(tmp_path / "t", *EXPECTED):
        raise RuntimeError("Error(s) in loading state_dict:\n\tMissing key")


def test_names_below_a_prefix_lose_it_and_others_are_left_out() -> None:
    arrays = {"a": np.ones(1), "b": np.zeros(1)}
    assert below(prefixed(arrays, "x/") | {"y/a": np.ones(2)}, "x/") == arrays
