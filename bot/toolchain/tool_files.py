"""``.tool-versions`` of asdf, ``.python-version`` and ``.python-versions``: a version in each line."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from bot.patterns import pattern
from bot.toolchain.installs import find_value
from bot.toolchain.model import Place, Role, Source, Tool
from bot.toolchain.traced import trace

_NAMES = frozenset({".tool-versions", ".python-version", ".python-versions"})
_TOOL = pattern(r"^[ \t]*(?P<name>uv|python)[ \t]+(?P<version>[^\s#]+)", 8)
_PYTHON = pattern(r"^[ \t]*(?:cpython-|cpython@|python)?(?P<version>3[\d.]*)[ \t\r]*(?:#.*)?$", 8)


def is_kind(path: str) -> bool:
    return posixpath.basename(path) in _NAMES


def find(source: Source) -> Iterator[Place]:
    if posixpath.basename(source.path) == ".tool-versions":
        for found in _TOOL.finditer(source.text):
            value = trace(found["version"], found.start("version"))
            yield from find_value(source, f"{found['name']} ", value, Tool(found["name"]))
        return
    rows = list(_PYTHON.finditer(source.text))
    role = Role.PIN if len(rows) == 1 else Role.ONE_OF
    for found in rows:
        yield from find_value(source, "", trace(found["version"], found.start("version")), Tool.PYTHON, role)
