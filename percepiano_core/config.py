"""Checks a configuration against its JSON Schema and says what is wrong in one line, with the nearest known key."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from percepiano_core.errors import UserError
from percepiano_core.wording import nearest

TYPES = {
    "object": "a block",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
"""Type of JSON Schema -> what a person calls it."""


def read_schema(path: Path | str) -> dict[str, Any]:
    """The JSON Schema (written as YAML) that documents every key and holds every default."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def check_config(config: Mapping[str, Any], schema: Mapping[str, Any], place: str = "") -> None:
    """UserError for the first unknown key, wrong type or value out of range; silent when all is right.

    place : where the checked block stands, put before the place of what is wrong
    """
    _check_plain(config, place)
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(config), key=_depth_and_place)
    if errors:
        raise _user_error(errors[0], place.split(".") if place else [], schema)


def fill_defaults(config: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Put the schema's defaults where the configuration says nothing, in place; returns the configuration."""
    for key, part in schema.get("properties", {}).items():
        if key not in config and "default" in part:
            config[key] = copy.deepcopy(part["default"])
        if isinstance(config.get(key), dict):
            fill_defaults(config[key], part)
    entries = schema.get("additionalProperties")
    if isinstance(entries, Mapping):
        for key in set(config) - set(schema.get("properties", {})):
            if isinstance(config[key], dict):
                fill_defaults(config[key], entries)
    return config


def _check_plain(value: Any, place: str) -> None:
    """UserError for what YAML can say and no configuration means: a key that is no text, a number that is none."""
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError("configuration", f"{place}: {value} is not a number", "give a finite one")
    entries = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        if isinstance(value, Mapping) and not isinstance(key, str):
            raise UserError("configuration", f"{place or 'top level'}: the key {key!r} is not text", "put it in quotes")
        _check_plain(entry, f"{place}.{key}" if place else str(key))


def _depth_and_place(error: jsonschema.ValidationError) -> tuple[bool, str]:
    """Unknown keys first: a misspelt key usually explains the other complaints."""
    return error.validator != "additionalProperties", _place(error.absolute_path)


def _place(path: Iterable[str | int]) -> str:
    return ".".join(str(step) for step in path)


def _user_error(error: jsonschema.ValidationError, before: Sequence[str], schema: Mapping[str, Any]) -> UserError:
    path = [*before, *error.absolute_path]
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        unknown = sorted(set(error.instance) - set(known))[0]
        return UserError("configuration", f"unknown key '{_place([*path, unknown])}'", nearest(unknown, known))
    if error.validator == "enum" and isinstance(error.instance, str):
        known = [str(value) for value in error.validator_value]
        return UserError(
            "configuration", f"{_place(path)}: there is no '{error.instance}'", nearest(error.instance, known)
        )
    meaning = _meaning(schema, error.absolute_schema_path)
    return UserError("configuration", f"{_place(path) or 'top level'}: {_complaint(error)}", f"it is: {meaning}")


def _complaint(error: jsonschema.ValidationError) -> str:
    """What is wrong with a value, in the words of YAML."""
    if error.validator == "type":
        wanted = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        value = "null" if error.instance is None else repr(error.instance)
        quotes = " (put it in quotes)" if "string" in wanted and isinstance(error.instance, int | float) else ""
        return f"{value} is not {' or '.join(TYPES[each] for each in wanted)}{quotes}"
    if error.validator == "required":
        return f"{next(key for key in error.validator_value if key not in error.instance)} is missing"
    if error.validator == "minItems":
        least = error.validator_value
        return "the list is empty" if not error.instance else f"a list of {len(error.instance)}, of at least {least}"
    if error.validator == "uniqueItems":
        return f"{error.instance} holds something twice"
    return error.message


def _meaning(schema: Mapping[str, Any], path: Iterable[str | int]) -> str:
    """The last description on the way to what is wrong: that of a list for one of its items."""
    meaning = "see docs/configuration.md"
    part: Any = schema
    for step in path:
        part = part[step] if isinstance(part, Mapping) else part
        if isinstance(part, Mapping) and isinstance(part.get("description"), str):
            meaning = part["description"]
    return meaning
