"""One HDF5 file a segment: nested groups of named arrays, written whole or not at all, read in one call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.files import replacing

Tree = dict[str, Any]  # str -> array, or a nested Tree; the key "attrs" holds scalars, strings and lists of strings


def write_container(path: Path | str, kind: str, version: int, tree: Mapping[str, Any]) -> None:
    """Write `tree` to `path` atomically: a killed writer leaves no file or the old one.

    Nested mappings become groups, arrays become datasets (structured arrays keep their field names), and the key
    "attrs" at any level becomes the group's attributes. Equal input gives equal bytes.
    """
    with replacing(path) as part, h5py.File(part, "w") as file:
        file.attrs["kind"] = kind
        file.attrs["schema_version"] = version
        _write_group(file, tree)


def read_container(path: Path | str, kind: str, version: int) -> Tree:
    """Read the whole container; UserError if it is of another kind or an older schema."""
    with h5py.File(path, "r") as file:
        found = (file.attrs.get("kind"), int(file.attrs.get("schema_version", -1)))
        if found != (kind, version):
            raise UserError(
                path,
                f"holds {found[0]} of schema {found[1]}, not {kind} of schema {version}",
                "delete it, run again",
            )
        return _read_group(file)


def _write_group(group: h5py.Group, tree: Mapping[str, Any]) -> None:
    for name, value in tree.items():
        if name == "attrs":
            for key, attribute in value.items():
                group.attrs[key] = attribute
        elif isinstance(value, Mapping):
            _write_group(group.create_group(name), value)
        else:
            array = np.asarray(value)
            group.create_dataset(name, data=_storable(array), track_times=False)


def _storable(array: np.ndarray) -> np.ndarray:
    return array.astype(h5py.string_dtype()) if array.dtype.kind in "UO" else array


def _read_group(group: h5py.Group) -> Tree:
    tree: Tree = {name: _read_item(item) for name, item in group.items()}
    if len(group.attrs):
        tree["attrs"] = dict(group.attrs)
    return tree


def _read_item(item: h5py.Group | h5py.Dataset) -> Any:
    if isinstance(item, h5py.Group):
        return _read_group(item)
    if h5py.check_string_dtype(item.dtype) is not None:
        return item.asstr()[()].astype(str)
    return item[()]
