"""Lock text as a TOML document, quickly.

``parse_document`` answers exactly what ``bot.toml.parse_toml`` answers. Lock files in uv's own layout take a short way: one
pass over lines, with one regular expression for whole blocks of wheels. Anything out of the ordinary (comments,
escapes, other quotes, tables in another order) make the short way give up, and the other reads the text.
"""

from __future__ import annotations

import re
from typing import Any, Final

from bot.limits import ODD_LOCK_LIMIT
from bot.patterns import pattern
from bot.toml import parse_toml

Table = dict[str, Any]

_STRING: Final = r'"([^"]*)"'
_KEY_VALUE: Final = pattern(r"([A-Za-z0-9_-]+) = ", re.ASCII)
_TEXT: Final = pattern(_STRING)
_INTEGER: Final = pattern(r"0|[1-9][0-9]*", re.ASCII)
_COMMENT: Final = pattern(r" #.*")
_WHEELS: Final = pattern(
    rf"^    \{{ url = {_STRING}, hash = {_STRING}(?:, size = (0|[1-9][0-9]*))?"
    r'(?:, upload-time = "([-0-9T:.Z]+)")? \},$',
    re.ASCII | re.MULTILINE,
)
#: Every byte of ordinary text: no control character but the line end, and no backslash, so no escapes in strings.
_PLAIN: Final = bytes([10, *range(0x20, 0x5C), *range(0x5D, 0x7F), *range(0x80, 0x100)])
_SECTIONS: Final = {
    "[options]": ("", "options"),
    "[options.prerelease-package]": ("options", "prerelease-package"),
    "[options.exclude-newer-package]": ("options", "exclude-newer-package"),
    "[manifest]": ("", "manifest"),
    "[manifest.dependency-groups]": ("manifest", "dependency-groups"),
    "[manifest.group-requires-python]": ("manifest", "group-requires-python"),
    "[package.optional-dependencies]": ("package", "optional-dependencies"),
    "[package.dev-dependencies]": ("package", "dev-dependencies"),
    "[package.group-requires-python]": ("package", "group-requires-python"),
    "[package.metadata]": ("package", "metadata"),
    "[package.metadata.requires-dev]": ("metadata", "requires-dev"),
}


class _Unusual(Exception):
    """The text is not in uv's layout; it may still be valid TOML."""


def parse_document(text: str) -> Table:
    """The document; raises ``bot.toml.TomlError`` where the text is not TOML, or too much of it. Callers must not change it."""
    document = parse_canonical(text)
    return parse_toml(text, limit=ODD_LOCK_LIMIT) if document is None else document


def parse_canonical(text: str) -> Table | None:
    """The document of a text in uv's own layout; ``None`` where it is laid out in another way."""
    try:
        return _Layout(text).read()
    except (_Unusual, RecursionError, ValueError):
        # Of values only a number of thousands of digits can be wrong, and the other reader has words for it.
        return None


class _Layout:
    """One pass over a text. ``open`` holds the tables that a header made, which later headers may add to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.root: Table = {}
        self.current = self.root
        self.open: dict[str, Table] = {"": self.root}
        self.values: dict[str, Any] = {}

    def read(self) -> Table:
        text, size = self.text, len(self.text)
        if not text.endswith("\n") or text.encode(errors="replace").translate(None, _PLAIN):
            raise _Unusual
        while self.at < size:
            start = self.at
            end = text.index("\n", start)
            self.at = end + 1
            if end == start:
                continue
            line = text[start:end]
            if line[0] == "[":
                self.open_table(line)
            else:
                self.read_assignment(line)
        return self.root

    def open_table(self, header: str) -> None:
        if header == "[[package]]":
            self.current = self.append_to(self.root, "package")
            self.open["package"] = self.current
            self.open.pop("metadata", None)
            return
        if header == "[[manifest.dependency-metadata]]":
            self.current = self.append_to(self.manifest(), "dependency-metadata")
            return
        if header not in _SECTIONS:
            raise _Unusual
        parent_name, key = _SECTIONS[header]
        parent = self.manifest() if parent_name == "manifest" else self.open.get(parent_name)
        if parent is None or key in parent:
            raise _Unusual
        self.current = parent[key] = {}
        if key in ("options", "manifest", "metadata"):
            self.open[key] = self.current

    def manifest(self) -> Table:
        """The manifest table, which its sub-tables may open without a header of its own."""
        if "manifest" not in self.open:
            if "manifest" in self.root:
                raise _Unusual
            self.open["manifest"] = self.root["manifest"] = {}
        return self.open["manifest"]

    def append_to(self, parent: Table, key: str) -> Table:
        """A new table at the end of an array of tables; the array must have been made by headers alone."""
        marker = f"[[{key}]]"
        if marker not in self.open:
            if key in parent:
                raise _Unusual
            parent[key] = []
            self.open[marker] = {}
        table: Table = {}
        parent[key].append(table)
        return table

    def read_assignment(self, line: str) -> None:
        match = _KEY_VALUE.match(line)
        if match is None or match[1] in self.current:
            raise _Unusual
        key = match[1]
        value = line[match.end() :]
        if value == "[":
            self.current[key] = self.read_wheels() if key == "wheels" else self.read_tall_array()
        elif value == "[[" and key == "conflicts":
            self.current[key] = self.read_conflicts()
        elif "#" in value:
            self.current[key], end = _parse_value(value, 0)
            if end != len(value) and not _COMMENT.fullmatch(value, end):
                raise _Unusual
        else:
            self.current[key] = self.read_value(value)

    def read_value(self, text: str) -> Any:
        """One value that fills ``text``. Equal texts share their value."""
        found = self.values.get(text)
        if found is None:
            found, end = _parse_value(text, 0)
            if end != len(text):
                raise _Unusual
            self.values[text] = found
        return found

    def read_tall_array(self) -> list[Any]:
        """The elements up to the line with ``]``, each on a line of its own."""
        values, closing = self.read_rows()
        if closing != "]":
            raise _Unusual
        return values

    def read_rows(self) -> tuple[list[Any], str]:
        """The elements, each on a line of its own, and the first line that holds none."""
        text = self.text
        values: list[Any] = []
        while True:
            end = text.find("\n", self.at)
            line = text[self.at : end]
            if end < 0:
                raise _Unusual
            self.at = end + 1
            if line[:4] != "    " or line[-1] != ",":
                return values, line
            values.append(self.read_value(line[4:-1]))

    def read_wheels(self) -> list[Any]:
        start = self.at
        end = self.text.find("\n]\n", start)
        if end < 0:
            raise _Unusual
        rows = _WHEELS.findall(self.text, start, end + 1)
        if len(rows) != self.text.count("\n", start, end + 1):
            return self.read_tall_array()
        self.at = end + 3
        return [_wheel(*row) for row in rows]

    def read_conflicts(self) -> list[list[Any]]:
        sets: list[list[Any]] = []
        while True:
            values, closing = self.read_rows()
            sets.append(values)
            if closing == "]]":
                return sets
            if closing != "], [":
                raise _Unusual


def _wheel(url: str, digest: str, size: str, upload_time: str) -> Table:
    wheel: Table = {"url": url, "hash": digest}
    if size:
        wheel["size"] = int(size)
    if upload_time:
        wheel["upload-time"] = upload_time
    return wheel


def _parse_value(line: str, at: int) -> tuple[Any, int]:
    """(value, where it ends) of a value that starts at ``at``."""
    first = line[at : at + 1]
    if first == '"':
        match = _TEXT.match(line, at)
        if match is None or line.startswith('"""', at):
            raise _Unusual
        return match[1], match.end()
    if first == "{":
        return _parse_inline_table(line, at)
    if first == "[":
        return _parse_array(line, at)
    return _parse_bare(line, at)


def _parse_bare(line: str, at: int) -> tuple[Any, int]:
    match = _INTEGER.match(line, at)
    if match is not None:
        value: Any = int(match[0])
        end = match.end()
    elif line.startswith("false", at):
        value, end = False, at + 5
    elif line.startswith("true", at):
        value, end = True, at + 4
    else:
        raise _Unusual
    if line[end : end + 1] not in ("", " ", ",", "]"):
        raise _Unusual
    return value, end


def _parse_inline_table(line: str, at: int) -> tuple[Table, int]:
    table: Table = {}
    if line.startswith("{}", at):
        return table, at + 2
    if not line.startswith("{ ", at):
        raise _Unusual
    at += 2
    while True:
        match = _KEY_VALUE.match(line, at)
        if match is None or match[1] in table:
            raise _Unusual
        table[match[1]], at = _parse_value(line, match.end())
        if line.startswith(" }", at):
            return table, at + 2
        if not line.startswith(", ", at):
            raise _Unusual
        at += 2


def _parse_array(line: str, at: int) -> tuple[list[Any], int]:
    values: list[Any] = []
    at += 1
    if line.startswith("]", at):
        return values, at + 1
    while True:
        value, at = _parse_value(line, at)
        values.append(value)
        if line.startswith("]", at):
            return values, at + 1
        if not line.startswith(", ", at):
            raise _Unusual
        at += 2
