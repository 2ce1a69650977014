"""``mise.toml`` and its siblings: tools with their versions, and variables of the environment."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.manifest.model import KeyPath
from bot.patterns import pattern
from bot.toolchain.installs import find_value, tool_of_variable
from bot.toolchain.model import Place, Role, Source, Tool
from bot.toolchain.toml_texts import Document, parse_document

_NAME = pattern(r"\.?mise(?:\.[\w-]+){0,2}\.toml")
_IN_FOLDER = pattern(r"(?:.+/)?(?:\.?mise|\.config/mise)/(?:config(?:\.[\w-]+)*|conf\.d/[\w.-]+)\.toml")
_IN_CONFIG = pattern(r"(?:.+/)?\.config/mise(?:\.[\w-]+)*\.toml")
_TOOLS = {
    "uv": Tool.UV,
    "core:uv": Tool.UV,
    "pipx:uv": Tool.UV,
    "aqua:astral-sh/uv": Tool.UV,
    "ubi:astral-sh/uv": Tool.UV,
    "github:astral-sh/uv": Tool.UV,
    "asdf:uv": Tool.UV,
    "python": Tool.PYTHON,
    "core:python": Tool.PYTHON,
}
_LOCKED = "mise.lock holds it too, with checksums that mise alone can make"


def is_kind(path: str) -> bool:
    if not path.endswith(".toml"):
        return False
    if _NAME.fullmatch(posixpath.basename(path)):
        return True
    return _IN_FOLDER.fullmatch(path) is not None or _IN_CONFIG.fullmatch(path) is not None


def find(source: Source) -> Iterator[Place]:
    document = parse_document(source)
    tools, variables = document.at(("tools",)), document.at(("env",))
    locks = {posixpath.join(posixpath.dirname(source.path), name) for name in ("mise.lock", ".mise.lock")}
    kept = _LOCKED if locks & source.files else None
    for name, stated in tools.items() if isinstance(tools, Mapping) else ():
        tool = _TOOLS.get(name)
        for keys, role in _versions(("tools", name), stated) if tool is not None else ():
            yield from _found(document, keys, f"{name} = ", tool or Tool.UV, role, kept)
    for name in variables if isinstance(variables, Mapping) else ():
        tool = tool_of_variable(name)
        if tool is not None:
            yield from _found(document, ("env", name), f"{name} = ", tool, Role.PIN, None)


def _versions(keys: KeyPath, stated: object) -> Iterator[tuple[KeyPath, Role]]:
    match stated:
        case str():
            yield keys, Role.PIN
        case {"version": str()}:
            yield (*keys, "version"), Role.PIN
        case [_]:
            yield from ((one, Role.PIN) for one, _ in _versions((*keys, 0), stated[0]))
        case list():
            for number, item in enumerate(stated):
                yield from ((one, Role.ONE_OF) for one, _ in _versions((*keys, number), item))
        case _:
            pass


def _found(document: Document, keys: KeyPath, name: str, tool: Tool, role: Role, kept: str | None) -> Iterator[Place]:
    traced = document.find_text(keys)
    for place in find_value(document.source, name, traced, tool, role) if traced is not None else ():
        yield replace(place, kept=kept)
