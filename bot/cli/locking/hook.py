"""``lockbot hook lock FILE…``: ``lockbot lock`` for each lock that the files are of. pre-commit calls it on every commit, so
it loads no more than ``lock`` does."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.cli.locking.command import lock_as_told
from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.words import read_words
from bot.errors import InputError, LockbotError
from bot.git.folder import FolderTree
from bot.resolver.lowering import discover_workspace

#: Files of a project, any of which may make its lock a stale one.
_OF_A_PROJECT = ("pyproject.toml", "uv.toml", "uv.lock")


def run_hook_lock(words: Sequence[str]) -> None:
    """The command: ends with the worst of what came of the locks, each of which is looked at."""
    typed = read_words(words, LOCK_OPTIONS, "lockbot hook lock")
    for option in ("--script", "--project", "--directory"):
        if option in typed.said:
            raise InputError(
                f"{option} can't be said here", hint="name the files; which locks they are of is found out"
            )
    files = list(typed.operands)
    for name in ("hook", "lock"):
        files.remove(name)
    codes = [_lock(typed.values, where) for where in find_locks(map(Path, files))]
    if any(codes):
        sys.exit(max(codes))


def find_locks(files: Iterable[Path]) -> list[Mapping[str, Path]]:
    """Which locks there are of these files, each once, as the options of ``lock`` name them."""
    found = {lock: where for file in files for lock, where in _lock_of(file)}
    return [found[lock] for lock in sorted(found)]


def _lock_of(file: Path) -> Iterator[tuple[Path, Mapping[str, Path]]]:
    """The lock and where it is, if there is one."""
    if file.name in _OF_A_PROJECT:
        lock = _project_lock(file.parent.absolute())
        if lock is not None:
            yield lock, {"project": file.parent}
        return
    script = file.with_name(file.name.removesuffix(".lock"))
    lock = script.with_name(f"{script.name}.lock").absolute()
    if script.suffix == ".py" and script.is_file() and lock.is_file():
        yield lock, {"script": script}


def _project_lock(folder: Path) -> Path | None:
    """The lock of the project or workspace that a folder is of. Most manifests without one lie nowhere near a lock."""
    if not (folder / "pyproject.toml").is_file() or not any((one / "uv.lock").is_file() for one in _upward(folder)):
        return None
    root = Path(folder.anchor)
    workspace = discover_workspace(FolderTree(root), folder.relative_to(root).as_posix() or ".")
    lock = root / workspace.root / "uv.lock"
    return lock if lock.is_file() else None


def _upward(folder: Path) -> tuple[Path, ...]:
    return (folder, *folder.parents)


def _lock(options: Mapping[str, object], where: Mapping[str, Path]) -> int:
    """The exit code of one lock, whose failure is told with its place."""
    try:
        lock_as_told({**options, **where})
    except LockbotError as error:
        (place,) = where.values()
        is_placed = place == Path() or (isinstance(error, InputError) and error.path is not None)
        print(f"error: {error}" if is_placed else f"error: in {place}: {error}", file=sys.stderr)
        return error.exit_code
    return 0
