"""Split files: JSON that says what the split is, and carries the hash of its folds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from percepiano_core.errors import UserError
from percepiano_core.files import write_text
from percepiano_core.splits.folds import Fold, Split, folds_as_lists

FORMAT = "percepiano split 1"


def write_split(path: Path | str, split: Split) -> None:
    """Write the split atomically; equal splits give equal bytes."""
    content = {
        "format": FORMAT,
        "split": split.name,
        "draw": split.draw,
        "holds_out": split.holds_out,
        "keeps_apart": list(split.keeps_apart),
        "parameters": dict(split.parameters),
        "performances_sha256": split.performances_sha256,
        "sha256": split.sha256,
        "folds": folds_as_lists(split.folds),
    }
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_split(path: Path | str) -> Split:
    """Read a split; UserError if the file is damaged or its folds do not have the hash it states."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        split = _from_content(content)
    except FileNotFoundError:
        raise UserError(path, "no such split file", "run the workflow's splits target") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(path, f"not a split file ({error})", "delete it, run again") from None
    if split.sha256 != content["sha256"]:
        raise UserError(path, "its folds do not match its hash, so it was edited", "delete it, run again")
    return split


def _from_content(content: dict[str, Any]) -> Split:
    if content["format"] != FORMAT:
        raise ValueError(f"format is {content['format']}, not {FORMAT}")
    return Split(
        name=content["split"],
        draw=content["draw"],
        holds_out=content["holds_out"],
        keeps_apart=tuple(content["keeps_apart"]),
        parameters=content["parameters"],
        performances_sha256=content["performances_sha256"],
        folds={name: Fold(**{role: tuple(n) for role, n in fold.items()}) for name, fold in content["folds"].items()},
    )
