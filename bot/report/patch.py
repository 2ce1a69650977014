"""The changes of a proposal as a patch that ``git apply`` takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff

from bot.ports.run import FileChange

_NO_LINE_END = "\\ No newline at end of file\n"


def render_patch(files: Iterable[FileChange], before: Mapping[str, str | None]) -> str:
    """``before``: the text that each path has without the proposal, ``None`` where there is no file."""
    return "".join(part for file in files for part in _file(file, before.get(file.path)))


def _file(file: FileChange, before: str | None) -> Iterator[str]:
    if file.text == before:
        return
    old, new = _quoted(f"a/{file.path}"), _quoted(f"b/{file.path}")
    yield f"diff --git {old} {new}\n"
    if before is None:
        yield f"new file mode {file.mode.value}\n"
    if file.text is None:
        yield f"deleted file mode {file.mode.value}\n"
    for line in unified_diff(_lines(before), _lines(file.text), _name(old, before), _name(new, file.text)):
        yield line if line.endswith("\n") else f"{line}\n{_NO_LINE_END}"


def _lines(text: str | None) -> list[str]:
    """Lines as git has them: only a line feed ends one."""
    parts = (text or "").split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _name(path: str, text: str | None) -> str:
    # A name with spaces is ended by a tab, as git does.
    return "/dev/null" if text is None else f"{path}\t" if " " in path else path


def _quoted(path: str) -> str:
    """As git writes a name that could be misread."""
    if path.isprintable() and not set('"\\') & set(path):
        return path
    written = "".join(_escaped(byte) for byte in path.encode("utf-8", "surrogateescape"))
    return f'"{written}"'


def _escaped(byte: int) -> str:
    if byte in b'"\\':
        return f"\\{chr(byte)}"
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
