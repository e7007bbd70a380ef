"""The reference of the configuration, docs/configuration.md, written from the declarations that check it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from percepiano_core.config import read_schema
from percepiano_core.plan.models import model_modules, module_kind
from percepiano_core.plan.pretraining import MODULE as PRETRAINING
from percepiano_core.training.settings import PRESET, presets_of, schema_of

Json = Mapping[str, Any]
HEADER = ["| key | what it is | value | default |", "|---|---|---|---|"]
RANGES = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
INTRODUCTION = """\
# The configuration

What every key of `config.yaml` means. This page is written by `make reference` from the declarations that keys are
checked by; a test holds it to them. A key that is not given takes its default. A run can change single keys:
`snakemake --configfile mine.yaml` lays a file over `config.yaml`, block by block.

A wrong key, value, module, member, preset or split stops `snakemake -n` with one line that names the nearest right one.
The first part of this page holds the keys of the whole run, the second the settings of each module that a model's entry
may name. A block that has presets may begin from one: `recipe: {preset: default, epochs: 12}`.
"""


def reference(schema: Json) -> str:
    """The page, from the schema of the configuration and the `Settings` of every module of a model."""
    parts = [INTRODUCTION, "## Keys of the run\n", *_block("", schema)]
    parts.append("## Settings of models\n")
    for name in [*model_modules(), PRETRAINING]:
        parts += _module(name)
    return "\n".join(parts)


def _module(name: str) -> Iterator[str]:
    module = import_module(f"percepiano_core.{name}")
    kind = (
        "pre-trained"
        if name == PRETRAINING
        else {"fit": "fitted", "train": "trained", "combine": "combines"}[module_kind(module)]
    )
    yield f"### `{name}`\n"
    yield f"{_first_line(module.__doc__)} ({kind}"
    yield f"inputs: {', '.join(module.INPUTS)})\n" if getattr(module, "INPUTS", ()) else "any input)\n"
    declaration = getattr(module, "Settings", None)
    if declaration is None:
        yield "No settings.\n"
        return
    yield from _block("", schema_of(declaration))
    if presets := presets_of(declaration):
        yield f"Presets: {', '.join(f'`{preset}`' for preset in presets)}.\n"


def _block(place: str, schema: Json) -> list[str]:
    """A table of the keys of a block, then those of the blocks in it."""
    rows, inner = [], []
    for key, part in schema.get("properties", {}).items():
        name = f"{place}{key}"
        rows.append(f"| `{name}` | {_cell(part.get('description', ''))} | {_values(part)} | {_shown_default(part)} |")
        inner += _rows_below(name, part)
    return [*HEADER, *rows, *inner, ""]


def _rows_below(name: str, part: Json) -> list[str]:
    """Rows of the keys of a block, and of each entry where its keys are names of one's own."""
    rows = []
    for key, value in part.get("properties", {}).items():
        if key == PRESET:
            continue
        rows.append(
            f"| `{name}.{key}` | {_cell(value.get('description', ''))} | {_values(value)} | {_shown_default(value)} |"
        )
        rows += _rows_below(f"{name}.{key}", value)
    entries = part.get("additionalProperties")
    return rows + (_rows_below(f"{name}.NAME", entries) if isinstance(entries, Mapping) else [])


def _values(part: Json) -> str:
    if "enum" in part:
        return " or ".join(f"`{_json(value)}`" for value in part["enum"])
    kinds = part.get("type", "any")
    kinds = " or ".join(kinds) if isinstance(kinds, list) else kinds
    ranges = [f"{word} {_json(part[limit])}" for limit, word in RANGES.items() if limit in part]
    items = f" of {_values(part['items'])}" if "items" in part else ""
    return ", ".join([kinds.replace("object", "block") + items, *ranges])


def _shown_default(part: Json) -> str:
    if "default" not in part or (part["default"] == {} and "properties" in part):
        return ""
    return f"`{_json(part['default'])}`"


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0].rstrip(".")


if __name__ == "__main__":
    print(reference(read_schema(sys.argv[1])), end="")
