"""Settings of a module: declared once, as a dataclass, beside the code that they act in.

From the declaration come the JSON Schema that a configuration is checked by, the defaults, and the reference in docs/.
A module that has settings has a dataclass `Settings` whose fields are made by `setting`; a field may be a dataclass of
the same kind. A dataclass may name a file of presets (YAML, beside its module): a block of settings may then begin from
one, by the key `preset`, and what else it says wins over it.
"""

from __future__ import annotations

import copy
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from percepiano_core.errors import UserError

PRESET = "preset"
REQUIRED = MISSING
T = TypeVar("T")
Json = dict[str, Any]
_SIMPLE = {bool: "boolean", int: "integer", float: "number", str: "string"}


def setting(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    choices: Sequence[Any] | None = None,
    pattern: str | None = None,
    unique: bool = False,
    file: bool = False,
) -> Any:
    """A field of a declaration.

    default : used where a configuration says nothing; a list, a mapping or a dataclass (as its class, or as a mapping
        that may name a preset) is made anew; REQUIRED where there is none
    meaning : what it is, one line for the reference
    unit : of a number
    least, most, above, below : range of a number, or of the numbers of a list; `above` and `below` are excluded
    choices, pattern : the allowed values, or a regular expression of them; or those of a list's items
    unique : a list holds nothing twice; none may be empty
    file : the value is a path that a run reads, so that the workflow has it made before
    """
    limits = {"minimum": least, "maximum": most, "exclusiveMinimum": above, "exclusiveMaximum": below}
    schema: Json = {name: limit for name, limit in limits.items() if limit is not None}
    if choices is not None:
        schema["enum"] = list(choices)
    if pattern is not None:
        schema["pattern"] = pattern
    metadata = {"meaning": meaning, "unit": unit, "limits": schema, "unique": unique, "file": file}
    if default is REQUIRED:
        return field(metadata=metadata, kw_only=True)
    if isinstance(default, type):
        return field(default_factory=default, metadata=metadata)
    if isinstance(default, list | dict):
        return field(default_factory=lambda: copy.deepcopy(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@cache
def schema_of(declaration: type) -> Json:
    """JSON Schema of a declaration, with descriptions and defaults; a key that is not declared is an error.

    UserError for a declaration that is none: no dataclass, a field that is not made by `setting` or of no known type.
    """
    _check_declaration(declaration)
    types_of = typing.get_type_hints(declaration)
    properties = {each.name: _property(each, types_of[each.name]) for each in fields(declaration)}
    if presets := presets_of(declaration):
        about = "begin from these values (their file describes them); what else is said wins over them"
        properties = {PRESET: {"enum": list(presets), "description": about}} | properties
    required = [each.name for each in fields(declaration) if _default(each) is MISSING and not presets]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


@cache
def presets_of(declaration: type) -> dict[str, Json]:
    """Name -> values of the presets that a declaration may begin from; none where it names no file."""
    name = getattr(declaration, "PRESETS", None)
    if name is None:
        return {}
    path = Path(str(sys.modules[declaration.__module__].__file__)).with_name(name)
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        place = f"line {where.line + 1}: " if where is not None else ""
        raise UserError(path, f"{place}not YAML ({getattr(error, 'problem', error)})", "mend it") from None


def resolved(declaration: type, values: Mapping[str, Any]) -> Json:
    """Every setting with its value, presets and defaults put in: what a run depends on, and no more than that.

    `values` have been checked against `schema_of`.
    """
    given = dict(values)
    name = given.pop(PRESET, None)
    if name is not None:
        given = merged(presets_of(declaration)[name], given)
    types_of = typing.get_type_hints(declaration)
    return {each.name: _resolved_value(each, types_of[each.name], given) for each in fields(declaration)}


def built(declaration: type[T], values: Mapping[str, Any]) -> T:
    """An object of the declaration from resolved values, as `run.json` keeps them."""
    types_of = typing.get_type_hints(declaration)
    arguments = {}
    for name, value in resolved(declaration, values).items():
        inner = _declaration(types_of[name])
        arguments[name] = built(inner, value) if inner is not None and value is not None else value
    return declaration(**arguments)


def check_choices(settings: Any) -> None:
    """UserError for a value of a declared object that is none of its field's choices; for its `__post_init__`."""
    for each in fields(settings):
        choices = each.metadata["limits"].get("enum")
        if choices is not None and getattr(settings, each.name) not in choices:
            problem = f"there is no {getattr(settings, each.name)!r}"
            raise UserError(each.name, problem, f"choose one of {', '.join(map(str, choices))}")


def named_files(declaration: type, values: Mapping[str, Any]) -> list[str]:
    """The files among resolved values: a run reads them, so that the workflow has them made before."""
    types_of = typing.get_type_hints(declaration)
    found = []
    for each in fields(declaration):
        value, inner = values[each.name], _declaration(types_of[each.name])
        if value is None:
            continue
        if inner is not None:
            found += named_files(inner, value)
        elif each.metadata.get("file"):
            found.append(str(value))
    return found


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    """The base with the changes, blocks within blocks; neither is touched."""
    result = copy.deepcopy(dict(base))
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else copy.deepcopy(value)
    return result


def _check_declaration(declaration: type) -> None:
    place = (
        f"{declaration.__module__}.{declaration.__qualname__}" if isinstance(declaration, type) else repr(declaration)
    )
    if not (isinstance(declaration, type) and is_dataclass(declaration)):
        raise UserError(place, "settings are declared by a dataclass", "put @dataclass before it")
    types_of = typing.get_type_hints(declaration)
    for each in fields(declaration):
        if "meaning" not in each.metadata:
            raise UserError(f"{place}.{each.name}", "is not declared", "make the field by `setting`")
        if not _is_known_kind(types_of[each.name]):
            problem = f"a setting cannot be of type {types_of[each.name]}"
            raise UserError(
                f"{place}.{each.name}", problem, "use bool, int, float, str, a list, a mapping or a dataclass"
            )


def _is_known_kind(kind: Any) -> bool:
    """Whether a schema can be made of a type; what a list or a mapping holds counts too."""
    if kind is Any or kind in _SIMPLE or is_dataclass(kind):
        return True
    parts = [part for part in typing.get_args(kind) if part is not type(None) and part is not ...]
    nested = _is_union(kind) or typing.get_origin(kind) in (list, tuple, dict, Sequence, Mapping)
    return nested and bool(parts) and all(map(_is_known_kind, parts))


def _resolved_value(each: Field[Any], kind: Any, given: Mapping[str, Any]) -> Any:
    inner = _declaration(kind)
    value, default = given.get(each.name, MISSING), _default(each)
    if inner is None or value is None:
        return default if value is MISSING else copy.deepcopy(value)
    if value is MISSING:
        return resolved(inner, default) if default is not None else None
    # What a block does not say, it takes from the default block, unless it begins from a preset of its own.
    return resolved(inner, value if PRESET in value or default in (MISSING, None) else merged(default, value))


def _property(each: Field[Any], kind: Any) -> Json:
    unit = each.metadata.get("unit")
    about = each.metadata["meaning"] + (f" ({unit})" if unit else "")
    limits = each.metadata["limits"]
    alternatives = [part for part in typing.get_args(kind) if part is not type(None)] if _is_union(kind) else [kind]
    schema = _schema_of_kind(alternatives[0], limits)
    if each.metadata.get("unique"):
        schema["uniqueItems"] = True
    if _is_union(kind):
        schema = _nullable(schema)
    schema["description"] = about
    default = _default(each)
    if default is not MISSING and _declaration(kind) is None:
        schema["default"] = default
    elif default is None:
        schema["default"] = None
    return schema


def _schema_of_kind(kind: Any, limits: Json) -> Json:
    if is_dataclass(kind):
        declaration = typing.cast(type, kind)
        return {"title": declaration.__name__} | copy.deepcopy(schema_of(declaration))
    origin = typing.get_origin(kind)
    if origin in (list, tuple, Sequence):
        return {"type": "array", "minItems": 1, "items": _schema_of_kind(typing.get_args(kind)[0], limits)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema_of_kind(typing.get_args(kind)[1], limits)}
    if kind is Any:
        return dict(limits)
    return {"type": _SIMPLE[kind], **limits}


def _nullable(schema: Json) -> Json:
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    schema["type"] = [schema["type"], "null"]
    return schema


def _declaration(kind: Any) -> type | None:
    """The dataclass that a field is of, also where it may be null."""
    parts = typing.get_args(kind) if _is_union(kind) else (kind,)
    return next((typing.cast(type, part) for part in parts if is_dataclass(part)), None)


def _is_union(kind: Any) -> bool:
    return typing.get_origin(kind) in (typing.Union, types.UnionType)


def _default(each: Field[Any]) -> Any:
    """The default as JSON holds it; MISSING where there is none."""
    if each.default is not MISSING:
        return each.default
    if each.default_factory is MISSING:
        return MISSING
    made = each.default_factory()
    return {} if is_dataclass(made) else made
