"""Versions in commands: installs of uv, addresses of its releases, variables that are named after it.

A text is looked at line by line, continued lines as one. No shell is imitated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.patterns import pattern
from bot.toolchain.forms import VERSION, parse_specifier, parse_written
from bot.toolchain.model import Form, Place, Role, Source, Tool
from bot.toolchain.traced import Traced

_EXACT = rf"(?P<version>{VERSION})(?![\w.-]*[\w-])"
_CLAUSE = r"(?:===?|~=|!=|<=|>=|<|>)\s*\d[\w.*]*"
_LINE = pattern(r"(?:[^\n\\]|\\(?!\r?\n)|\\\r?\n)+")
_INSTALLS = pattern(
    r"\b(?:install|inject|add|upgrade|uvx|additional_dependencies|requires|deps)\b|(?<![\w-])--with[ =]"
)
#: Requirements of uv, in a line that installs something. A pin to a whole version may get that from a variable.
_PIN = pattern(
    r"(?<![\w./@:=-])uv(?:\[[\w,\s-]*\])?\s*==\s*(?P<version>\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)(?![\w.*]|\s*,)"
)
_REQUIREMENT = pattern(rf"(?<![\w./@:=-])uv(?:\[[\w,\s-]*\])?\s*(?P<specifier>{_CLAUSE}(?:\s*,\s*{_CLAUSE})*)(?![\w/])")
#: One that has its line to itself, as lists of what to install have it: quoted or not, for a factor of tox.
_LISTED = pattern(
    rf"[ \t]*+(?:-[ \t]++|[\w.,{{}}!-]++:[ \t]++)?[\"']?uv(?:\[[\w,\s-]*\])?\s*{_CLAUSE}(?:\s*,\s*{_CLAUSE})*[\"']?[ \t]*+,?"
    r"[ \t\r]*+(?:[;#].*)?"
)
_CONDA = pattern(rf"(?<![\w./@:=-])(?:conda-forge::)?uv={_EXACT}")
_UV = (
    pattern(rf"https://astral\.sh/uv/v?{_EXACT}(?=/)"),
    pattern(rf"https://github\.com/astral-sh/uv/releases/download/v?{_EXACT}(?=/)"),
    pattern(rf"https://releases\.astral\.sh/github/uv/releases/download/v?{_EXACT}(?=/)"),
    pattern(rf"(?<![\w./-])uv@v?{_EXACT}"),
    pattern(rf"\buv\s+self\s+update\s+v?{_EXACT}"),
    pattern(rf"\basdf\s+(?:install|global|local|set|shell)\s+(?:-\w+\s+|--\w+\s+)*uv\s+{_EXACT}"),
    pattern(rf"github\.com/astral-sh/uv(?:\.git)?[\"']?\s+--tag[ =]v?{_EXACT}"),
)
_PYTHON = (
    pattern(r"\buv\s+python\s+(?:install|pin)\s+(?:-\S+\s+)*(?P<version>3\.\d+(?:\.\d+)?)(?![\w.])"),
    pattern(r"(?<![\w-])--python[ =]\"?(?P<version>3\.\d+(?:\.\d+)?)(?![\w.])"),
    pattern(r"\bpyenv\s+(?:install|global|local)\s+(?:-\S+\s+)*(?P<version>3\.\d+(?:\.\d+)?)(?![\w.])"),
    pattern(r"(?<![\w$])UV_PYTHON\s*[:?]?=\s*[\"']?(?P<version>3\.\d+(?:\.\d+)?)(?![\w.])"),
)
_ASSIGNMENT = pattern(
    r"(?<![\w$-])(?P<name>\w+)\s*[:?]?=\s*[\"']?(?P<version>v?\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?)(?![\w.*]*[\w*/])"
)
_VARIABLES = {Tool.UV: pattern(r"(?:\w*_)?UV_VERSION", re.IGNORECASE), Tool.PYTHON: pattern(r"(?:\w*_)?PYTHON_VERSION")}
_SUM = pattern(r"(?<![0-9a-f])(?<!@sha256:)[0-9a-f]{64}(?![0-9a-f])")
_CHECKED = "a checksum stands beside it, which would have to move with it"
_LONGEST = 120


def find_installs(source: Source, traced: Traced, *, listed: bool = False) -> Iterator[Place]:
    """The versions that the commands of a text name. ``listed``: what they install may have lines of its own."""
    for line in _LINE.finditer(traced.text):
        part = traced.part(line.start(), line.end())
        if "uv" in part.text or "UV" in part.text or "PYTHON" in part.text or "python" in part.text:
            yield from _in_line(source, part, is_install=_installs(part.text, listed))


def _installs(line: str, listed: bool) -> bool:
    return _INSTALLS.search(line) is not None or (listed and _LISTED.fullmatch(line) is not None)


def _in_line(source: Source, line: Traced, *, is_install: bool) -> Iterator[Place]:
    kept = _CHECKED if _SUM.search(line.text) else None
    if is_install:
        for found in _PIN.finditer(line.text):
            yield from _place(source, line, found, "version", Tool.UV, kept)
        for found in _REQUIREMENT.finditer(line.text):
            if not _PIN.match(line.text, found.start()):
                yield from _place(source, line, found, "specifier", Tool.UV, kept)
        for found in _CONDA.finditer(line.text):
            yield from _place(source, line, found, "version", Tool.UV, kept)
    for each in _UV:
        for found in each.finditer(line.text):
            yield from _place(source, line, found, "version", Tool.UV, kept)
    for each in _PYTHON:
        for found in each.finditer(line.text):
            yield from _place(source, line, found, "version", Tool.PYTHON, None)
    for found in _ASSIGNMENT.finditer(line.text):
        tool = tool_of_variable(found["name"])
        if tool is not None:
            yield from _place(source, line, found, "version", tool, kept)


def tool_of_variable(name: str) -> Tool | None:
    """The tool whose version a variable of this name holds."""
    return next((tool for tool, names in _VARIABLES.items() if names.fullmatch(name)), None)


def find_value(source: Source, name: str, value: Traced, tool: Tool, role: Role = Role.PIN) -> Iterator[Place]:
    """The place of a value that is a version as a whole, or a range; ``name`` is what it is known by."""
    text = value.text.strip()
    at = value.text.find(text)
    start = value.find_start(at, at + len(text))
    written = parse_written(text)
    is_range = written is None and parse_specifier(text) is not None
    if start is None or not (written or is_range):
        return
    yield Place(
        tool=tool,
        path=source.path,
        line=source.line_at(start),
        start=start,
        text=text,
        form=Form.SPECIFIER if is_range else Form.VERSION,
        role=role,
        shown=f"{name}{text}",
        shown_at=len(name),
    )


def _place(
    source: Source, line: Traced, found: re.Match[str], group: str, tool: Tool, kept: str | None
) -> Iterator[Place]:
    start, end = found.span(group)
    offset = line.find_start(start, end)
    if offset is None:
        return
    rest = line.text[end : max(end, found.start() + _LONGEST)]
    word = rest[: next((at for at, char in enumerate(rest) if char in " \t\"'"), 0)]
    shown = line.text[found.start() : end] + word
    yield Place(
        tool=tool,
        path=source.path,
        line=source.line_at(offset),
        start=offset,
        text=line.text[start:end],
        form=Form.SPECIFIER if group == "specifier" else Form.VERSION,
        shown=" ".join(shown.splitlines()),
        shown_at=start - found.start(),
        kept=kept,
    )
