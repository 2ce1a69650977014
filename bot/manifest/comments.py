"""The comments beside a requirement: at the end of its line, and in the lines right above it."""

from __future__ import annotations

from bot.patterns import pattern

_CODE = pattern(r"""(?:"(?:\\.|[^"\\])*+"|'[^']*+'|[^"'#])*+""")


def find_comment(text: str, line: int, *, in_script: bool = False) -> str:
    """What is said of the requirement in ``line`` (from 1) of a manifest, in one line; empty where nothing is.

    ``in_script``: the manifest is a script's header, whose lines are comments themselves.
    """
    lines = [row.removeprefix("#").removeprefix(" ") if in_script else row for row in text.splitlines()]
    if not 0 < line <= len(lines):
        return ""
    above: list[str] = []
    for row in reversed(lines[: line - 1]):
        if not row.strip().startswith("#") or row.strip().startswith("# /// "):
            break
        above.append(row)
    said = [*reversed(above), _end_of(lines[line - 1])]
    return " ".join(word for row in said for word in row.strip().lstrip("#").split())


def _end_of(row: str) -> str:
    code = _CODE.match(row)
    return row[code.end() :] if code is not None and row[code.end() : code.end() + 1] == "#" else ""
