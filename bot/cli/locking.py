"""``lockbot lock``: a drop-in for ``uv lock``. What it does with its options; how they are typed is ``options``'."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.index_choice import IndexChoice
from bot.cli.lazy_index import LazyIndex
from bot.errors import InputError, LockbotError
from bot.git.folder import FolderTree
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.resolver.judge.verdict import Satisfied, judge_lock
from bot.resolver.lowering import (
    CommandSettings,
    command_settings_from_environment,
    discover_workspace,
    lower_script,
    lower_workspace,
)
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.request import LockRequest
from bot.resolver.search.head_start import request_first_pages
from bot.values import replace

if TYPE_CHECKING:
    from bot.resolver.lock import Locked

#: The uv whose locks lockbot writes unless told to keep to a revision.
_UV = "0.13.9"
#: Seconds after which a file that was to be renamed belongs to nobody.
_ABANDONED = 60.0


def lock_as_told(options: Mapping[str, object]) -> Lock:
    """Bring the lock up to date and give it; the options are those of ``LOCK_OPTIONS``, by their long names."""
    directory, project, script = (options[name] for name in ("directory", "project", "script"))
    assert isinstance(directory, Path)
    assert project is None or isinstance(project, Path)
    assert script is None or isinstance(script, Path)
    run = _Run(directory if project is None else directory / project, script, options)
    return run.lock()


class _Run:
    """One call of the command."""

    def __init__(self, directory: Path, script: Path | None, options: Mapping[str, object]) -> None:
        if not directory.is_dir():
            raise InputError("no such folder", path=str(directory), hint="check --directory")
        self._folder = directory.resolve()
        self._options = options
        self._tree = FolderTree(Path(self._folder.anchor))
        self._settings = self._command_settings()
        self._script = script

    def lock(self) -> Lock:
        try:
            return self._lock()
        except InputError as error:
            raise self._located(error) from None

    def _lock(self) -> Lock:
        request, root, path, existing, text = self._request()
        for one in request.warnings:
            _say(f"warning: {self._located(InputError(one.problem, path=one.path, line=one.line, hint=one.hint))}")
        index = LazyIndex(self._index_choice(request))
        try:
            sources = TreeLowering(self._tree, root, self._settings, index)
            if existing is not None and self._is_right(request, existing, sources):
                _tell_right(existing)
                return existing
            request_first_pages(request, index)
            # The solver takes longer to load than a lock that is right takes to check.
            relock = import_module("bot.cli.relock").relock
            locked: Locked = relock(request, index, existing, text, sources, self._options["revision"], self._script)
        finally:
            index.close()
        self._finish(path, existing, locked)
        return locked.lock

    def _is_right(self, request: LockRequest, existing: Lock, sources: TreeLowering) -> bool:
        """Whether the lock stands as it is; one that is to get another revision is left to ``relock``."""
        if self._options["revision"] not in (None, "keep"):
            return False
        return isinstance(judge_lock(request, existing, sources.locked), Satisfied)

    def _request(self) -> tuple[LockRequest, str, Path, Lock | None, str | None]:
        """The request, the lock's folder in the tree, and the existing lock with its path and text."""
        if self._script is not None:
            script = (self._folder / self._script).resolve()
            request = lower_script(self._tree, path=self._in_tree(script), settings=self._settings)
            path = script.with_name(script.name + ".lock")
            return request, self._in_tree(script.parent), path, *_read_lock(path)
        workspace = discover_workspace(self._tree, self._in_tree(self._folder))
        path = self._tree.root / workspace.root / "uv.lock"
        existing, text = _read_lock(path)
        request = lower_workspace(self._tree, workspace, self._settings, recorded=existing)
        return request, workspace.root, path, existing, text

    def _located(self, error: InputError) -> InputError:
        """The error with its path as seen from the current folder instead of from the tree's root."""
        if error.path is None or Path(error.path).is_absolute():
            return error
        path = self._tree.root / error.path
        near = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        return type(error)(error.problem, path=str(near), line=error.line, hint=error.hint)

    def _in_tree(self, path: Path) -> str:
        return path.relative_to(self._tree.root).as_posix() or "."

    def _command_settings(self) -> CommandSettings:
        options = self._options
        base = command_settings_from_environment(os.environ)
        said = {
            "default_index": options["default_index"],
            "index_strategy": options["index_strategy"],
            "exclude_newer": options["exclude_newer"],
            "resolution": options["resolution"],
            "prerelease": options["prerelease"],
            "fork_strategy": options["fork_strategy"],
            "indexes": options["index"],
            "find_links": options["find_links"],
            "exclude_newer_package": options["exclude_newer_package"],
            "no_sources": options["no_sources"],
            "no_build": options["no_build"],
            "upgrade": options["upgrade"],
            "upgrade_package": options["upgrade_package"],
            "upgrade_group": options["upgrade_group"],
            "python": options["python"] or os.environ.get("UV_PYTHON"),
        }
        return replace(
            base,
            tree_root=self._tree.root.as_posix(),
            now=datetime.now(UTC),
            zone=_local_zone(),
            # Who names a revision, or keeps one, asks for the lock of another uv.
            stands_for=_UV if options["revision"] is None else None,
            **{name: value for name, value in said.items() if value},  # type: ignore[arg-type]
        )

    def _index_choice(self, request: LockRequest) -> IndexChoice:
        options = self._options
        no_cache = bool(options["no_cache"]) or _is_set("UV_NO_CACHE")
        given = options["cache_dir"] or os.environ.get("LOCKBOT_CACHE_DIR")
        return IndexChoice(
            cache_dir=None if no_cache else Path(str(given)) if given else _default_cache(),
            cache_size=_cache_size(os.environ.get("LOCKBOT_CACHE_SIZE")),
            offline=bool(options["offline"]) or _is_set("UV_OFFLINE"),
            environment=dict(os.environ),
            indexes=request.indexes,
            recorded=_is_set("LOCKBOT_RECORDED") if options["recorded"] is None else bool(options["recorded"]),
        )

    def _finish(self, path: Path, existing: Lock | None, locked: Locked) -> None:
        count = len(locked.lock.packages)
        _tell_recorded(locked)
        if locked.unchanged:
            _tell_right(locked.lock)
            return
        if self._options["check"]:
            why = locked.reason or ("it differs from what would be locked" if existing else "there is none")
            raise OutOfDateError(f"the lock {path.name} needs to be updated: {why}; run `lockbot lock`")
        if not self._options["dry_run"]:
            write_beside(path, locked.text)
        verb = "would be written" if self._options["dry_run"] else "was written"
        _say(f"Resolved {count} packages; {path.name} {verb}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _tell_right(lock: Lock) -> None:
    _say(f"Resolved {len(lock.packages)} packages; the lock is right")


def _tell_recorded(locked: Locked) -> None:
    """Name what rests on an earlier build's word; what the lock recorded needs no mention."""
    rows = sorted(locked.not_built.items())
    recorded = ", ".join(f"{name} ({place})" for name, place in rows if place != "known")
    known = ", ".join(name for name, place in rows if place == "known")
    if recorded:
        _say(f"note: metadata recorded, not built: {recorded}")
    if known:
        _say(f"note: metadata known, not built: {known}")


class OutOfDateError(LockbotError):
    """``--check`` found the lock out of date."""


def _read_lock(path: Path) -> tuple[Lock | None, str | None]:
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None, None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", path=str(path)) from None
    return parse_lock(text, str(path)), text


def write_beside(path: Path, text: str) -> None:
    """Replace a file in one step, so that nobody ever sees half of it; raises ``LockbotError``, the file as it was."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _sweep_beside(path)
        beside.write_bytes(text.encode())
        beside.replace(path)
    except OSError as error:
        raise LockbotError(f"{path} could not be written: {error.strerror}; it is as it was") from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _sweep_beside(path: Path) -> None:
    """What a killed process left; one that lives renames its file within moments."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED:
                left.unlink()


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on", "t", "y")


def _local_zone() -> tzinfo:
    return datetime.now().astimezone().tzinfo or UTC


def _cache_size(said: str | None) -> int:
    if said and not (said.isascii() and said.isdecimal() and int(said)):
        raise InputError(f"LOCKBOT_CACHE_SIZE={said!r} is not a number of megabytes", hint="set it to 2000, say")
    return int(said or 2000) * 1_000_000


def _default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lockbot"
