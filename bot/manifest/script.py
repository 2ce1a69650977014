"""PEP 723: the ``# /// script`` header of a Python file, found exactly as uv finds it."""

from __future__ import annotations

from bot.errors import InputError
from bot.manifest.model import Script
from bot.manifest.reader import TomlValue, read_document, read_requirements, read_specifiers
from bot.manifest.tool_uv import read_script_tool_uv
from bot.patterns import pattern
from bot.values import value

MARK = "# /// script"
_TYPE = pattern(r"# /// [A-Za-z0-9-]+")


@value
class Header:
    """The TOML between the marks; ``line`` is the line of its first row in the file."""

    toml: str
    line: int


def find_header(text: str, path: str) -> Header | None:
    """Find the header; ``None`` where there is none, ``InputError`` where it is unclosed or there are two."""
    start = text.find(MARK)
    if start < 0 or (start > 0 and text[start - 1] not in "\r\n"):
        return None
    lines = _lines(text[start:])
    if lines[0] != MARK:
        return None
    first = text.count("\n", 0, start) + 2
    body = _comment_body(lines[1:])
    close = _closing(body)
    if close is None:
        raise InputError(
            "the '# /// script' header is not closed",
            path=path,
            line=first - 1,
            hint="end it with a line '# ///'; every line between must start with '#', a space after it",
        )
    if _has_second_header(lines[close + 2 :]):
        raise InputError("two '# /// script' headers", path=path, line=first - 1, hint="keep one of them")
    return Header(toml="\n".join(body[:close]) + "\n", line=first)


def parse_script(text: str, path: str) -> Script | None:
    """Parse the header of a script; ``None`` where the file has none, ``InputError`` (path, line) where it is wrong."""
    header = find_header(text, path)
    if header is None:
        return None
    return read_document(header.toml, path, lambda root: _read(root, header, path), first_line=header.line)


def _read(root: TomlValue, header: Header, path: str) -> Script:
    return Script(
        path=path,
        header=header.toml,
        header_line=header.line,
        dependencies=read_requirements(root["dependencies"]),
        requires_python=root["requires-python"].maybe(read_specifiers),
        uv=read_script_tool_uv(root["tool"].record("uv")["uv"]),
    )


def _lines(text: str) -> list[str]:
    """Split at LF; a CR before it belongs to the line end."""
    return [line.removesuffix("\r") for line in text.split("\n")]


def _comment_body(lines: list[str]) -> list[str]:
    body = []
    for line in lines:
        if line == "#":
            body.append("")
        elif line.startswith("# "):
            body.append(line[2:])
        else:
            break
    return body


def _closing(body: list[str]) -> int | None:
    """Return the position of the last ``///``: PEP 723 lets the block contain such lines."""
    return next((index for index in range(len(body) - 1, -1, -1) if body[index] == "///"), None)


def _has_second_header(lines: list[str]) -> bool:
    position = 0
    while position < len(lines):
        mark = lines[position]
        position += 1
        if _TYPE.fullmatch(mark):
            length = len(_comment_body(lines[position:]))
            is_closed = _closing_at_end(lines, position, length)
            if mark == MARK and is_closed:
                return True
            position += length
    return False


def _closing_at_end(lines: list[str], start: int, length: int) -> bool:
    """A block of any type is closed when its last comment line is the closing mark."""
    return length > 0 and lines[start + length - 1] == "# ///"
