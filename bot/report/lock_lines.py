"""What ``lockbot lock`` says: the lines, and words, of ``uv lock``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.version import Version

from bot.lockfile.model import GitSource, Lock

_SHORT_COMMIT = 8

#: What is done, and what would be.
_DONE = {"add": "Added", "update": "Updated", "remove": "Removed"}
_WOULD = {"add": "Add", "update": "Update", "remove": "Remove"}
_GREEN, _RED, _DIM, _BOLD, _PLAIN = "\x1b[1;32m", "\x1b[1;31m", "\x1b[2m", "\x1b[1m", "\x1b[0m"

#: A version (``None``: dynamic) and the commit of a git dependency.
_Entry = tuple[Version | None, str]


def resolved_line(count: int, seconds: float, *, colors: bool = False) -> str:
    """How many packages are in the lock, and how long it took."""
    took = f"in {_elapsed(seconds)}"
    if not count:
        return _painted(f"Resolved {took}", _DIM, colors)
    packages = _painted(f"{count} package{'' if count == 1 else 's'}", _BOLD, colors)
    return f"{_painted('Resolved', _DIM, colors)} {packages} {_painted(took, _DIM, colors)}"


def change_lines(before: Lock | None, after: Lock, *, is_done: bool, colors: bool = False) -> Iterator[str]:
    """One line for each package whose versions differ, by name."""
    old, new = _entries(before), _entries(after)
    words = _DONE if is_done else _WOULD
    for name in sorted({*old, *new}):
        had, has = old.get(name), new.get(name)
        if had == has:
            continue
        kind = "add" if had is None else "remove" if has is None else "update"
        word = _painted(words[kind], _RED if kind == "remove" else _GREEN, colors)
        yield f"{word} {name} {' -> '.join(_shown(one) for one in (had, has) if one is not None)}"


def no_change_line(*, is_right: bool, colors: bool = False) -> str:
    """What a dry run says where no version moves."""
    return _painted("No lockfile changes detected" if is_right else "Lockfile changes detected", _BOLD, colors)


def not_built_lines(places: Mapping[str, str]) -> Iterator[str]:
    """What rests on an earlier build's word: package -> where in its source distribution that is kept, or ``known``."""
    rows = sorted(places.items())
    recorded = ", ".join(f"{name} ({place})" for name, place in rows if place != "known")
    known = ", ".join(name for name, place in rows if place == "known")
    if recorded:
        yield f"note: metadata recorded, not built: {recorded}"
    if known:
        yield f"note: metadata known, not built: {known}"


def _entries(lock: Lock | None) -> Mapping[str, frozenset[_Entry]]:
    found: dict[str, set[_Entry]] = {}
    for package in lock.packages if lock is not None else ():
        commit = package.source.commit[:_SHORT_COMMIT] if isinstance(package.source, GitSource) else ""
        found.setdefault(package.name, set()).add((package.version, commit))
    return {name: frozenset(entries) for name, entries in found.items()}


def _shown(entries: frozenset[_Entry]) -> str:
    ordered = sorted(entries, key=lambda one: (one[0] is not None, one[0] or Version("0"), one[1]))
    return ", ".join(_entry(version, commit) for version, commit in ordered)


def _entry(version: Version | None, commit: str) -> str:
    text = "(dynamic)" if version is None else f"v{version}"
    return f"{text} ({commit})" if commit else text


def _elapsed(seconds: float) -> str:
    """As uv writes a duration: minutes, seconds with two digits, or milliseconds."""
    if seconds >= 60:
        return f"{int(seconds // 60)}m {int(seconds % 60):02d}s"
    if seconds >= 1:
        return f"{int(seconds * 100) / 100:.2f}s"
    return f"{int(seconds * 1000)}ms" if seconds >= 0.001 else f"{seconds * 1000:.2f}ms"


def _painted(text: str, color: str, colors: bool) -> str:
    return f"{color}{text}{_PLAIN}" if colors else text
