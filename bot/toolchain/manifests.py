"""``pyproject.toml`` and the settings files beside it: ``required-version`` of uv, and what they say of Python."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from bot.manifest.comments import find_comment
from bot.manifest.model import KeyPath
from bot.patterns import pattern
from bot.toolchain.installs import find_installs, find_value
from bot.toolchain.model import Form, Place, Role, Source, Tool
from bot.toolchain.toml_texts import Document, parse_document

_REQUIRED: KeyPath = ("required-version",)
#: Where each file has it: the bound of uv; Python's bound, and the lowest that tools take the code for.
_UV: dict[str, KeyPath] = {"pyproject.toml": ("tool", "uv", *_REQUIRED), "uv.toml": _REQUIRED}
_BOUND: dict[str, KeyPath] = {"pyproject.toml": ("project", "requires-python")}
_OLDEST: dict[str, tuple[KeyPath, ...]] = {
    "pyproject.toml": (
        ("tool", "ruff", "target-version"),
        ("tool", "black", "target-version"),
        ("tool", "mypy", "python_version"),
        ("tool", "pyright", "pythonVersion"),
    ),
    "ruff.toml": (("target-version",),),
    ".ruff.toml": (("target-version",),),
}
#: What ``pyproject.toml`` says below ``[tool.hatch]``.
_HATCH = "hatch.toml"
#: A requirement of uv.
_REQUIREMENT = pattern(r"uv(?:\[[\w,-]*\])?\s*(?P<specifier>[=~<>!].*)")


def is_kind(path: str) -> bool:
    name = posixpath.basename(path)
    return name in _UV or name in _OLDEST or name == _HATCH


def find(source: Source) -> Iterator[Place]:
    name = posixpath.basename(source.path)
    document = parse_document(source)
    if name in _UV:
        yield from _bounds(document, _UV[name], Tool.UV)
    if name == "pyproject.toml":
        for keys in _texts(document.at(("tool",)), ("tool",)):
            yield from _requirement(document, keys)
    if name == _HATCH:
        for keys in _texts(document.content, ()):
            yield from _requirement(document, keys)
    if name in _BOUND:
        yield from _bounds(document, _BOUND[name], Tool.PYTHON)
    for keys in _OLDEST.get(name, ()):
        places = list(document.each_of(keys))
        lowest = min(places, key=lambda place: _order(document.at(place)), default=None)
        for place in places:
            role = Role.OLDEST if place == lowest else Role.ONE_OF
            yield from _oldest(document, place, keys, role)


def _bounds(document: Document, keys: KeyPath, tool: Tool) -> Iterator[Place]:
    source, traced = document.source, document.find_text(keys)
    if traced is None:
        return
    for place in find_value(source, f"{keys[-1]} = ", traced, tool, Role.BOUND):
        written = replace(place, form=Form.SPECIFIER)
        yield replace(written, comment=find_comment(source.text, place.line)) if tool is Tool.UV else written


def _texts(value: object, keys: KeyPath) -> Iterator[KeyPath]:
    """The places of all texts below a table that mention uv, but for uv's own settings."""
    if keys == ("tool", "uv"):
        return
    match value:
        case str() if "uv" in value:
            yield keys
        case dict():
            for key, below in value.items():
                yield from _texts(below, (*keys, key))
        case list():
            for number, below in enumerate(value):
                yield from _texts(below, (*keys, number))
        case _:
            pass


def _requirement(document: Document, keys: KeyPath) -> Iterator[Place]:
    """uv among what another tool installs, or in a command of its settings."""
    source, traced = document.source, document.find_text(keys)
    if traced is None:
        return
    found = _REQUIREMENT.fullmatch(traced.text)
    if found is None:
        yield from find_installs(source, traced)
        return
    value = traced.part(found.start("specifier"), found.end("specifier"))
    for place in find_value(source, traced.text[: found.start("specifier")], value, Tool.UV):
        yield replace(place, form=Form.SPECIFIER)


def _order(value: object) -> tuple[int, str]:
    """``py39`` comes before ``py310``."""
    return len(str(value)), str(value)


def _oldest(document: Document, place: KeyPath, keys: KeyPath, role: Role) -> Iterator[Place]:
    source, traced = document.source, document.find_text(place)
    if traced is None or traced.find_start(0, len(traced.text)) is None or not traced.text:
        return
    name = ".".join(str(part) for part in keys[1:] if part) or str(keys[-1])
    start = traced.offsets[0]
    yield Place(
        tool=Tool.PYTHON,
        path=source.path,
        line=source.line_at(start),
        start=start,
        text=traced.text,
        form=Form.TARGET if traced.text.startswith("py") else Form.VERSION,
        role=role,
        shown=f"{name} = {traced.text}",
        shown_at=len(name) + 3,
    )
