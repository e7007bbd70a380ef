"""The reference of the configuration, docs/configuration.md, written from the declarations that check it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from percepiano_core.config import read_schema
from percepiano_core.plan.models import model_modules, module_kind, modules_with
from percepiano_core.training.settings import schema_of

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
    shared: dict[str, Json] = {}
    modules = [line for name, twins in _modules() for line in _module(name, twins, shared)]
    blocks: list[str] = []
    described: set[str] = set()
    while left := [title for title in shared if title not in described]:
        described.add(left[0])
        blocks += [f"### {left[0]}\n", *_table(shared[left[0]], shared)]
    parts = [INTRODUCTION, "## Keys of the run\n", *_table(schema, {}), "## Settings of models\n", *modules]
    return "\n".join([*parts, "## Blocks that several settings have\n", *blocks])


def _modules() -> list[tuple[str, list[str]]]:
    """Modules that have settings of their own, each with those that share its declaration."""
    found: dict[Any, list[str]] = {}
    for name in [*model_modules(), *modules_with("pretrain")]:
        found.setdefault(getattr(import_module(f"percepiano_core.{name}"), "Settings", name), []).append(name)
    return [(first, others) for first, *others in found.values()]


def _module(name: str, twins: Sequence[str], shared: dict[str, Json]) -> Iterator[str]:
    yield f"### {' and '.join(f'`{each}`' for each in (name, *twins))}\n"
    for each in (name, *twins):
        module = import_module(f"percepiano_core.{each}")
        inputs = ", ".join(getattr(module, "INPUTS", ())) or "any"
        yield f"{_first_line(module.__doc__)} ({_kind(each, module)}; inputs: {inputs}).\n"
    declaration = getattr(module, "Settings", None)
    if declaration is None:
        yield "No settings.\n"
        return
    yield from _table(schema_of(declaration), shared)


def _kind(name: str, module: Any) -> str:
    kinds = {"fit": "fitted", "train": "trained", "combine": "combines others"}
    return "pre-trained" if hasattr(module, "pretrain") else kinds[module_kind(module)]


def _table(schema: Json, shared: dict[str, Json]) -> list[str]:
    """A table of the keys of a block and of those in it; blocks with a name are gathered in `shared` instead."""
    return [*HEADER, *_rows("", schema, shared), ""]


def _rows(place: str, schema: Json, shared: dict[str, Json]) -> list[str]:
    rows = []
    for key, part in schema.get("properties", {}).items():
        named = part.get("title")
        value = f"block [{named}](#{named.lower()})" if named else _values(part)
        rows.append(f"| `{place}{key}` | {_cell(part.get('description', ''))} | {value} | {_shown_default(part)} |")
        if named:
            shared.setdefault(named, part)
        else:
            rows += _rows(f"{place}{key}.", part, shared)
    entries = schema.get("additionalProperties")
    return rows + (_rows(f"{place}NAME.", entries, shared) if isinstance(entries, Mapping) else [])


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
