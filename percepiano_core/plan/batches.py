"""Work that is done many files a job: rendering, and reading the notes of unlabelled performances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def batch(items: Sequence[Item], size: int, number: int) -> Sequence[Item]:
    """The items of one job, counted from 0."""
    return items[number * size : (number + 1) * size]


def batch_count(items: Sequence[Item], size: int) -> int:
    """Jobs that all items need."""
    return -(-len(items) // size)


def batches_of(names: Iterable[str], order: Sequence[str] | Mapping[str, object], size: int) -> list[int]:
    """Numbers of the jobs that hold the named items of all those in `order`."""
    place = {name: index for index, name in enumerate(order)}
    return sorted({place[name] // size for name in names})
