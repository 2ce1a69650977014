"""As much of JSON Schema as the published schema uses: whether a value is valid under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "integer": int,
}  # fmt: skip
#: What says nothing of values.
_WORDS = {"title", "description", "default", "$id", "$schema", "$defs", "allowTrailingCommas"}


def is_valid(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Raises ``KeyError`` for a keyword that it does not know."""
    return all(_CHECKS[key](value, said, schema, root) for key, said in schema.items() if key not in _WORDS)


def _ref(value: Any, said: str, _schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    target: Any = root
    for key in said.removeprefix("#/").split("/"):
        target = target[key]
    return is_valid(value, target, root)


def _properties(value: Any, said: Mapping[str, Any], _schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or all(
        is_valid(value[key], schema, root) for key, schema in said.items() if key in value
    )


def _additional(value: Any, said: bool, schema: Mapping[str, Any], _root: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or said or set(value) <= set(schema["properties"])


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_FORMATS: Mapping[str, Callable[[str], bool]] = {"date": _is_day}
_CHECKS: Mapping[str, Any] = {
    "$ref": _ref,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": lambda value, said, _schema, _root: not isinstance(value, dict) or set(said) <= set(value),
    "type": lambda value, said, _schema, _root: (
        isinstance(value, _TYPES[said]) and not (said == "integer" and isinstance(value, bool))
    ),
    "minimum": lambda value, said, _schema, _root: not isinstance(value, int) or value >= said,
    "maximum": lambda value, said, _schema, _root: not isinstance(value, int) or value <= said,
    "enum": lambda value, said, _schema, _root: value in said,
    "const": lambda value, said, _schema, _root: value == said,
    "anyOf": lambda value, said, _schema, root: any(is_valid(value, one, root) for one in said),
    "items": lambda value, said, _schema, root: (
        not isinstance(value, list) or all(is_valid(v, said, root) for v in value)
    ),
    "format": lambda value, said, _schema, _root: not isinstance(value, str) or _FORMATS[said](value),
    "minLength": lambda value, said, _schema, _root: not isinstance(value, str) or len(value) >= said,
    "maxLength": lambda value, said, _schema, _root: not isinstance(value, str) or len(value) <= said,
}
